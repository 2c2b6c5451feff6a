import { existsSync, readFileSync } from 'node:fs';

/**
 * The context of cdktf.json in the current folder. The `cdktf` command hands it to the program in CDKTF_CONTEXT_JSON; this gives
 * `tsx main.ts` the same one, so that both synthesize the same bytes.
 */
export function contextOfCdktfJson(): Readonly<Record<string, unknown>> {
  if (process.env.CDKTF_CONTEXT_JSON !== undefined || !existsSync('cdktf.json')) return {};
  const { context = {} } = JSON.parse(readFileSync('cdktf.json', 'utf8')) as { context?: Record<string, unknown> };
  return context;
}
