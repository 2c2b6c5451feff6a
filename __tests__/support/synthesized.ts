import { synthesize } from '../../rehearsal/synthesize.ts';

type Block = Readonly<Record<string, unknown>>;

/** The parts of `cdk.tf.json` that tests look at. */
export interface Configuration {
  readonly terraform: Block;
  readonly provider: Readonly<Record<string, readonly Block[]>>;
  readonly variable: Readonly<Record<string, Block>>;
  readonly output: Readonly<Record<string, Block>>;
  readonly locals: Block;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly data: Readonly<Record<string, Readonly<Record<string, Block>>>>;
}

/** The stack as it is synthesized now. */
export function synthesized(context: Readonly<Record<string, unknown>> = {}): { text: string; json: Configuration } {
  const text = synthesize(context);
  return { text, json: JSON.parse(text) as Configuration };
}

/** One block of the configuration by its address. Throws when it is not there. */
export function blockOf({ json }: { readonly json: Configuration }, address: string): Block {
  const [kind, type, name] = address.startsWith('data.') ? address.split('.') : ['resource', ...address.split('.')];
  const found = json[kind as 'resource' | 'data'][type ?? '']?.[name ?? ''];
  if (found === undefined) throw new Error(`${address} is not in the configuration`);
  return found;
}
