import { describeFaultTable } from './fault-table-suite.ts';
import { demandStrategy } from './fault-table-subjects.ts';

describeFaultTable(demandStrategy);
