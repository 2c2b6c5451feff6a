import { startMoto } from '../support/moto.ts';
import { startBoto, type Boto } from './boto.ts';
import { startBridge, type Bridge } from './bridge.ts';
import { meetPreconditions, type Preconditions } from './preconditions.ts';

/** An AWS account of one's own: moto behind the bridge, with what has to be there before the first deploy. */
export interface Account {
  readonly bridge: Bridge;
  readonly boto: Boto;
  readonly preconditions: Preconditions;
  /** What leads Terraform, its provider and its S3 backend here, and nowhere else. */
  readonly environment: Readonly<Record<string, string>>;
  /** What moto wrote: a line for each request, and why it failed on one. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

export const region = 'eu-north-1';

/** Opens an account; `python` is what `motoPython` gave. Closing it ends every process that it started. */
export async function openAccount(python: string): Promise<Account> {
  const started: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    started.unshift(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of started.splice(0)) await part.close();
  };
  try {
    const moto = keep(await startMoto(python));
    const bridge = keep(await startBridge(moto.url, region));
    const boto = keep(startBoto(python, bridge.url, region));
    const environment = {
      AWS_ENDPOINT_URL: bridge.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    return {
      bridge,
      boto,
      environment,
      preconditions: await meetPreconditions(boto, region),
      log: () => moto.log(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
