/** Every runtime, special ones before the general ones they build on. */
import { DOTNET } from './dotnet.ts';
import { ELASTICSEARCH } from './elasticsearch.ts';
import { GO } from './go.ts';
import { JVM } from './jvm.ts';
import { MONGODB } from './mongodb.ts';
import { NGINX } from './nginx.ts';
import { NODEJS } from './nodejs.ts';
import { PHP } from './php.ts';
import { POSTGRES } from './postgres.ts';
import { PYTHON } from './python.ts';
import { REDIS } from './redis.ts';
import { RUBY } from './ruby.ts';
import type { Runtime } from './types.ts';

export const RUNTIMES: readonly Runtime[] = [
  ELASTICSEARCH,
  POSTGRES,
  REDIS,
  MONGODB,
  NGINX,
  PHP,
  JVM,
  NODEJS,
  DOTNET,
  PYTHON,
  RUBY,
  GO,
];
