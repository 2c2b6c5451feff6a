import { describeFaultTable } from './fault-table-suite.ts';
import { firstInstance } from './fault-table-subjects.ts';

describeFaultTable(firstInstance);
