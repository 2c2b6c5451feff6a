import { schedulesOf } from './schedules-of.ts';

schedulesOf('first-instance', 5000);
