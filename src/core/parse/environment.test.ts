import { describe, expect, it } from 'vitest';
import { environmentVariable, keepsEnvironmentValue } from './environment.ts';

describe('environmentVariable', () => {
  it.each([
    ['GOMEMLIMIT', '900MiB', '900MiB'],
    [
      'JAVA_TOOL_OPTIONS',
      '-Xmx1g -Ddb.password=x -XX:MaxRAMPercentage=75 -javaagent:/a.jar=key=1',
      '-Xmx1g -XX:MaxRAMPercentage=75',
    ],
    ['JAVA_OPTS', "'-Xms256m' -XX:HeapDumpPath=/secret/x", '-Xms256m'],
    ['NODE_OPTIONS', '--max-old-space-size=4096 --require /x/secret.js', '--max-old-space-size=4096'],
    ['NODE_OPTIONS', '--max-old-space-size 4096 --inspect', '--max-old-space-size 4096'],
    ['DOTNET_GCHeapHardLimit', 'C8000000', 'C8000000'],
    ['COMPlus_gcServer', '1', '1'],
    ['MALLOC_ARENA_MAX', '2', '2'],
    ['GUNICORN_CMD_ARGS', '--workers=4 --token=abc', '--workers=4 --token=[redacted]'],
    ['DATABASE_URL', 'postgres://a:b@c', undefined],
    ['MY_JAVA_OPTS_TOKEN', 'x', undefined],
  ])('%s=%s', (name, value, kept) => {
    expect(environmentVariable(name, value)).toEqual({
      name,
      ...(kept === undefined ? {} : { value: kept }),
    });
  });

  it('keeps a name without a value as such', () => {
    expect(environmentVariable('GOGC')).toEqual({ name: 'GOGC' });
  });

  it.each([
    ['PHP_MEMORY_LIMIT', true],
    ['VITE_MAX_OLD_SPACE_SIZE', true],
    ['PASSWORD', false],
    ['gomemlimit', false],
  ])('%s is a memory knob: %s', (name, expected) => {
    expect(keepsEnvironmentValue(name)).toBe(expected);
  });
});
