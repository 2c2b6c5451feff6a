/** What stands for a value that only an instance knows; the names are upstream's. */
export interface Values {
  /** Jobs that the instance runs at once. */
  readonly gl_concurrency: number;
  readonly gl_metrics_port: number;
  readonly ansible_ec2_instance_id: string;
  /** GitLab's base URL, without `/api/v4/`. */
  readonly gl_url: string;
  readonly gl_runner_token: string;
  readonly ecr_url: string;
  readonly docker_image_name: string;
  readonly docker_image_tag: string;
  readonly gl_cache_path: string;
  readonly gl_cache_bucket: string;
  readonly gl_bucket_location: string;
}

/** Upstream's defaults: the image of jobs that name none. */
export const defaultImage = { ecr_url: 'docker.io', docker_image_name: 'docker', docker_image_tag: 'latest' } as const;

/** Something of each type, to check a configuration before there is an instance. */
export const sampleValues: Values = {
  gl_concurrency: 1,
  gl_metrics_port: 9252,
  ansible_ec2_instance_id: 'i-0123456789abcdef0',
  gl_url: 'https://gitlab.com',
  gl_runner_token: 'glrt-sample',
  ...defaultImage,
  gl_cache_path: 'cache',
  gl_cache_bucket: 'bucket',
  gl_bucket_location: 'eu-north-1',
};

/** `{{ name }}`; `{{ '{{' }}`, which is how Jinja writes the braces themselves; and braces that are never closed. */
const placeholder = /\{\{\s*(?:(['"])(\{\{|\}\})\1|([^{}]*?))\s*\}\}|\{\{/g;
const whole = /^\s*\{\{\s*([^{}]*?)\s*\}\}\s*$/;
const isKnown = (name: string, values: Values): name is keyof Values => Object.hasOwn(values, name);

/** The name of the placeholder that a text is, and nothing else. */
export const onlyPlaceholder = (text: unknown): string | undefined =>
  typeof text === 'string' ? whole.exec(text)?.[1] : undefined;

/** The names of the placeholders in a text. */
export const placeholdersIn = (text: string): readonly string[] =>
  [...text.matchAll(placeholder)].flatMap(([, , , name]) => (name === undefined ? [] : [name]));

/**
 * A text with its placeholders filled in. One that is nothing but a placeholder takes the value with its type, so that a number stays one. Tells
 * `unknown` of all that looks like one and is none, as it is written.
 */
export function filled(text: string, values: Values, unknown: (written: string) => void): string | number {
  const only = onlyPlaceholder(text);
  if (only !== undefined && isKnown(only, values)) return values[only];
  return text.replace(placeholder, (written, _quote, braces: string | undefined, name: string | undefined) => {
    if (braces !== undefined) return braces;
    if (name !== undefined && isKnown(name, values)) return String(values[name]);
    unknown(written);
    return '';
  });
}
