export { csv } from '../../roster/csv.ts';
