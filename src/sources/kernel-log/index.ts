export { readTextLog } from './read-text-log.ts';
