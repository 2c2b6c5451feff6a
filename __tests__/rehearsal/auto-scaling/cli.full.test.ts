import { motoPython } from '../../support/moto.ts';
import { besides } from '../../support/python.ts';
import { describeCli } from './cli.ts';

const python = await motoPython();

describeCli(
  python.path === undefined ? python : { path: besides(python.path, 'aws') },
  'the pinned AWS CLI, at the double,',
);
