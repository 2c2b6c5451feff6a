import { document } from './path.ts';
import type { Fixed } from './payload.ts';
import type { ScalingDocument } from './scaling-document.ts';

const $ = document<ScalingDocument>();

/** Refuses whoever does not know the webhook's secret, of which the definition knows the hash alone. */
export const validateSecretToken = (hash: Fixed<string>) =>
  ({
    ValidateSecretToken: {
      Type: 'Choice',
      Choices: [{ Variable: $.tokenHash, StringEquals: hash, Next: 'CheckBuildStatus' }],
      Default: 'InvalidToken',
    },
    InvalidToken: {
      Type: 'Fail',
      Error: 'InvalidTokenError',
      Cause: 'The secret token of this webhook is not the one that the stack was deployed with.',
    },
  }) as const;
