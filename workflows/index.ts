/** Every workflow of the house, for the worker's bundle. */
export { deliverMessages } from './deliver-messages.ts';
export { hold } from './hold.ts';
export { pause } from './pause.ts';
export { pushAttendance } from './push-attendance.ts';
export { sweep } from './sweep.ts';
export { syncRun } from './sync-run.ts';
