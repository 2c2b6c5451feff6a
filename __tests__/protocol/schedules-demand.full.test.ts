import { schedulesOf } from './schedules-of.ts';

schedulesOf('demand', 5000);
