export { type TextLogContext, readTextLog } from './read-text-log.ts';
