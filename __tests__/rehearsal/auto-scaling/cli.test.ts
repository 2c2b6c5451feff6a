import { onPath } from '../../support/tools.ts';
import { describeCli } from './cli.ts';

describeCli(onPath('aws', 'install the AWS CLI, https://aws.amazon.com/cli/'), 'the AWS CLI, at the double,');
