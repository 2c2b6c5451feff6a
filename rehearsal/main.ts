import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tell, tellExecution } from './narration.ts';
import { plannedWorld } from './planned-world.ts';
import type { PlannedWorld } from './planned-world.ts';
import { checkPort, portError } from './port.ts';
import { Stopped, whenStopped } from './stopped.ts';
import { strategies } from '../ami/contract.ts';
import type { Strategy } from '../ami/contract.ts';
import { contextOfCdktfJson } from '../stacks/context.ts';
import { synthesize } from './synthesize.ts';
import { findTerraform, SetupError } from './terraform/binary.ts';
import { offlinePlan, PlanError } from './terraform/plan.ts';
import type { Plan } from './terraform/plan.ts';
import { terminal } from './terminal.ts';
import { refuseUnlessRehearsable } from './webhook/rehearsable.ts';
import { sabotages } from './webhook/sabotage.ts';
import { scenarioOf } from './webhook/scenario.ts';
import type { Step } from './webhook/looks.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const usage = `npm start -- [options]

Synthesizes the stack, plans it with the real Terraform and AWS provider, runs what was planned on loopback,
sends it GitLab job events and checks what becomes of them. Needs no AWS account and no network.

  --plan FILE     run this plan (what terraform show -json prints) instead of making one; it holds the secret
  --strategy NAME plan with this scale_out_strategy: ${strategies.join(' or ')} (default: the first)
  --serve         keep listening afterwards, for curl
  --port NUMBER   where to listen with --serve (default: a free port)
  --break NAME    break one part first, to see that the checks notice; one of:
${Object.entries(sabotages)
  .map(([name, { what }]) => `                    ${name.padEnd(18)} ${what}`)
  .join('\n')}
  --help          this text

Exit codes: 0 all as expected, 1 something was not, 2 it could not be run, 130/143 stopped by a signal (Ctrl-C/SIGTERM)
before all was checked.`;

interface Options {
  readonly serve: boolean;
  readonly port?: number;
  readonly sabotage?: string;
  readonly plan?: string;
  readonly strategy?: Strategy;
}

/** Reads the command line; a SetupError says what is wrong with it. */
function optionsFrom(arguments_: readonly string[]): Options | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...arguments_],
      options: {
        serve: { type: 'boolean', default: false },
        port: { type: 'string' },
        plan: { type: 'string' },
        strategy: { type: 'string' },
        break: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new SetupError(`${(error as Error).message}\n\n${usage}`);
  }
  if (values.help) return 'help';
  const { serve, port, plan, break: sabotage } = values;
  const strategy = strategies.find((known) => known === values.strategy);
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65535)) {
    throw new SetupError(`--port is "${port}", but must be a number from 0 to 65535.`);
  }
  if (sabotage !== undefined && !Object.hasOwn(sabotages, sabotage)) {
    throw new SetupError(`--break is "${sabotage}", but must be one of ${Object.keys(sabotages).join(', ')}.`);
  }
  if (values.strategy !== undefined && strategy === undefined) {
    throw new SetupError(`--strategy is "${values.strategy}", but must be one of ${strategies.join(', ')}.`);
  }
  if (strategy !== undefined && plan !== undefined) {
    throw new SetupError(
      '--strategy is about a plan that is made here; the one of --plan has its strategy. Leave one of them out.',
    );
  }
  return {
    serve,
    ...(strategy !== undefined && { strategy }),
    ...(plan !== undefined && { plan }),
    ...(port !== undefined && { port: Number(port) }),
    ...(sabotage !== undefined && { sabotage }),
  };
}

// The SDK's note on the Node version is for whoever maintains this project, not for whoever runs it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const screen = terminal();
const stopped = whenStopped();

/** Waits in the definition pass so many times faster: the scenario is about what happens, not about how long it takes. */
const waitScale = 0.02;

/** Runs every step and prints it; gives the number of checks that saw something else than they expected. */
async function rehearse(
  planned: PlannedWorld,
  steps: readonly Step[],
  secret: string,
): Promise<{ checks: number; failed: readonly string[] }> {
  let world: World | undefined;
  let happened: string[] = [];
  let checks = 0;
  const failed: string[] = [];
  try {
    for (const [index, step] of steps.entries()) {
      stopped.throwIfAborted();
      if (step.fresh !== undefined || world === undefined) {
        await world?.close();
        world = await startWorld(planned, {
          waitScale,
          withGroup: step.fresh?.withGroup ?? true,
          onEvent: (event) => happened.push(...[tell(event)].filter((text) => text !== undefined)),
        });
      }
      happened = [];
      const before = world.stepFunctions.executions().length;
      screen.line();
      screen.line(screen.paint('bold', `${index + 1} ${step.title}`));
      const results = await step
        .run({ world, secret })
        .catch((error: unknown) => [{ what: 'the step', expected: 'to run to its end', seen: String(error) }]);
      for (const line of [...happened, ...world.stepFunctions.executions().slice(before).map(tellExecution)]) {
        screen.line(screen.paint('dim', `    ${line}`));
      }
      for (const { what, expected, seen } of results) {
        checks += 1;
        const passed = seen === expected;
        if (!passed) failed.push(`${step.name}: ${what}`);
        screen.line(
          `  ${screen.paint(passed ? 'green' : 'red', passed ? '✓' : '✗')} ${what.padEnd(24)} expected ${expected}${passed ? ', seen the same' : `\n${' '.repeat(29)}seen     ${seen}`}`,
        );
      }
    }
    stopped.throwIfAborted();
  } finally {
    await world?.close();
  }
  return { checks, failed };
}

async function serve(planned: PlannedWorld, token: string, port = 0): Promise<void> {
  const world = await startWorld(planned, {
    port,
    onEvent: (event) => {
      const text = tell(event);
      if (text !== undefined) screen.line(text);
    },
  }).catch((error: Error) => {
    throw portError(port, error);
  });
  const told = new Set<string>();
  const untold = setInterval(() => {
    for (const execution of world.stepFunctions.executions()) {
      if (execution.status === 'RUNNING' || told.has(execution.name)) continue;
      told.add(execution.name);
      screen.line(tellExecution(execution));
    }
  }, 100);
  try {
    stopped.throwIfAborted();
    screen.line(`
Listening on ${world.webhookUrl}, until Ctrl-C. Wake the fleet with:

  curl -i ${world.webhookUrl} \\
    -H 'Content-Type: application/json' -H 'X-Gitlab-Event: Job Hook' -H ${token} \\
    -d '{"object_kind":"build","build_status":"pending","build_id":1977,"project_id":380}'

DynamoDB ${world.dynamodb.url}, Auto Scaling ${world.autoScaling.url}, Step Functions ${world.stepFunctions.url} (--endpoint-url of the AWS CLI).
`);
    await new Promise<void>((stop) => {
      if (stopped.aborted) stop();
      else stopped.addEventListener('abort', () => stop(), { once: true });
    });
  } finally {
    clearInterval(untold);
    await world.close();
    screen.line('Stopped.');
  }
}

/** What the stack throws is for whoever set it up: a setting that it does not know, a file that it cannot read. */
function asSetupError(cause: unknown): never {
  throw new SetupError((cause as Error).message, { cause });
}

/** A plan with the smallest set of variables, and a secret of this run. */
async function makePlan(strategy?: Strategy): Promise<Plan> {
  const { product, version } = await findTerraform();
  const configuration = await screen.during(
    'Synthesize the stack',
    Promise.resolve()
      .then(() => synthesize(contextOfCdktfJson()))
      .catch(asSetupError),
  );
  const planning = offlinePlan({
    configuration,
    variables: {
      aws_region: 'eu-north-1',
      environment_name: 'rehearsal',
      vpc_id: 'vpc-0a1b2c3d',
      gitlab_secret_token: randomBytes(24).toString('hex'),
      ...(strategy !== undefined && { scale_out_strategy: strategy }),
    },
    signal: stopped,
  });
  return (await screen.during(`Plan it offline with ${product} ${version} and the AWS provider`, planning)).plan;
}

/** The plan in a file; npm runs this in the project's folder and names the user's own in INIT_CWD. */
function readPlan(file: string): Plan {
  try {
    const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
    const plan = JSON.parse(readFileSync(path, 'utf8')) as Partial<Plan> | null;
    if (plan?.planned_values === undefined || plan.variables === undefined) throw new Error('it has no planned_values');
    return plan as Plan;
  } catch (cause) {
    throw new SetupError(
      `--plan names "${file}", which is not a plan: ${(cause as Error).message}. Make one with: terraform plan -out=FILE && terraform show -json FILE`,
      { cause },
    );
  }
}

async function main(): Promise<number> {
  const options = optionsFrom(process.argv.slice(2));
  if (options === 'help') {
    screen.line(usage);
    return 0;
  }
  if (options.serve) await checkPort(options.port ?? 0);
  const plan = options.plan === undefined ? await makePlan(options.strategy) : readPlan(options.plan);
  const secret = String(plan.variables.gitlab_secret_token?.value);
  const planned = plannedWorld(plan);
  refuseUnlessRehearsable(planned, plan);
  const { strategy, steps } = scenarioOf(plan.variables);
  if (options.sabotage !== undefined && strategy !== 'first-instance') {
    throw new SetupError(`--break is for the steps of first-instance, but this plan is one of ${strategy}.`);
  }
  const sabotage = options.sabotage === undefined ? undefined : sabotages[options.sabotage];
  if (sabotage !== undefined) screen.line(`✂ Broken on purpose: ${sabotage.what}.`);

  const { checks, failed } = await rehearse(sabotage?.apply(planned) ?? planned, steps, secret);
  screen.line();
  screen.line(
    failed.length === 0
      ? screen.paint('green', `All ${checks} checks saw what they expected.`)
      : screen.paint('red', `${failed.length} of ${checks} checks saw something else:\n  ${failed.join('\n  ')}`),
  );
  if (failed.length > 0) return 1;
  if (options.serve) {
    // A secret that somebody brought is not printed; one that was made for this run is worth nothing.
    const token = options.plan === undefined ? `'X-Gitlab-Token: ${secret}'` : '"X-Gitlab-Token: $GITLAB_SECRET_TOKEN"';
    await serve(planned, token, options.port);
  }
  return 0;
}

/** Prints what ended the run, and gives the exit code. */
function failure(error: unknown): number {
  if (stopped.reason instanceof Stopped) {
    const { by, message } = stopped.reason;
    // Nobody reads on.
    if (by !== 'SIGPIPE') process.stderr.write(`\n${message}\n`);
    return stopped.reason.exitCode;
  }
  const known = error instanceof SetupError || error instanceof PlanError;
  process.stderr.write(`\n${known ? error.message : String((error as Error).stack)}\n`);
  return 2;
}

process.exitCode = await main().catch(failure);
