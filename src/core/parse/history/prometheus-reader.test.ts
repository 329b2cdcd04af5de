import {
  assert,
  property,
  uint8Array,
  array,
  double,
  integer,
  record,
  string,
  tuple,
  subarray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrometheusAnswer } from './prometheus-answer.ts';
import { PrometheusReader, type PrometheusSeries } from './prometheus-reader.ts';

interface Read {
  readonly series: PrometheusSeries[];
  readonly names: string[];
  readonly answer?: PrometheusAnswer;
  readonly fault?: string;
}

function read(text: string, options: { chunk?: number; list?: boolean; maxSamples?: number } = {}): Read {
  const series: PrometheusSeries[] = [];
  const names: string[] = [];
  const reader = new PrometheusReader({
    onSeries: (one) => series.push(one),
    ...(options.list === true ? { onName: (name: string) => names.push(name) } : {}),
    ...(options.maxSamples === undefined ? {} : { maxSamples: options.maxSamples }),
  });
  const bytes = new TextEncoder().encode(text);
  const size = options.chunk ?? (bytes.length || 1);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  const end = reader.end();
  return { series, names, ...(end.ok ? { answer: end.value } : { fault: end.error.code }) };
}

const MATRIX = JSON.stringify({
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [
      {
        metric: { namespace: 'shop', pod: 'web-1', container: 'wéb "x"' },
        values: [
          [1700000000, '104857600'],
          [1700000300.5, '1.5e+08'],
          [1700000600, 'NaN'],
          [1700000900, '+Inf'],
          [1700001200, '0.125'],
        ],
      },
      { metric: {}, values: [] },
      { metric: { pod: 'h' }, histograms: [[1700000000, { count: '1', buckets: [[0, '1', '2', '3']] }]] },
    ],
  },
  warnings: ['store x is away'],
  stats: { deep: [{ a: '}]"' }] },
});

describe('PrometheusReader', () => {
  it.each([1, 2, 3, 7, 64, 1 << 16])('reads a matrix in chunks of %d bytes', (chunk) => {
    const { series, answer } = read(MATRIX, { chunk });
    expect(series.map(({ labels }) => labels)).toEqual([
      { namespace: 'shop', pod: 'web-1', container: 'wéb "x"' },
      {},
      { pod: 'h' },
    ]);
    expect(series[0]?.timesMs).toEqual([1700000000000, 1700000300500, 1700001200000]);
    expect(series[0]?.values).toEqual([104857600, 1.5e8, 0.125]);
    expect(answer).toMatchObject({
      status: 'success',
      resultType: 'matrix',
      warnings: ['store x is away'],
      series: 3,
      samples: 5,
      notFinite: 2,
      histograms: 1,
    });
  });

  it('reads a vector, whatever the order of keys', () => {
    const { series, answer } = read(
      '{"data":{"result":[{"value":[1700000000.25,"7"],"metric":{"pod":"a"}}],"resultType":"vector"},"status":"success"}',
    );
    expect(series).toEqual([{ labels: { pod: 'a' }, timesMs: [1700000000250], values: [7] }]);
    expect(answer?.resultType).toBe('vector');
  });

  it('reads a scalar as a series without labels', () => {
    const { series } = read('{"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}}');
    expect(series).toEqual([{ labels: {}, timesMs: [1700000000000], values: [1] }]);
  });

  it('reads lists of names and of label sets', () => {
    expect(read('{"status":"success","data":["a","b\\u00e9"]}', { list: true }).names).toEqual(['a', 'bé']);
    const { series } = read('{"status":"success","data":[{"pod":"a"},{"pod":"b"}]}', {
      list: true,
      chunk: 5,
    });
    expect(series.map(({ labels }) => labels['pod'])).toEqual(['a', 'b']);
  });

  it('reads what promtool prints: a bare list', () => {
    const { series } = read('[{"metric":{"pod":"a"},"values":[[1,"2"],[3,"4"]]}]\n');
    expect(series).toEqual([{ labels: { pod: 'a' }, timesMs: [1000, 3000], values: [2, 4] }]);
  });

  it('says that VictoriaMetrics answered in part', () => {
    expect(
      read('{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}').answer,
    ).toMatchObject({ isPartial: true, series: 0 });
  });

  it('hands on an error of the server', () => {
    const { answer } = read('{"status":"error","errorType":"bad_data","error":"parse error: no"}');
    expect(answer).toMatchObject({ status: 'error', errorType: 'bad_data', error: 'parse error: no' });
  });

  it.each([
    ['a login page', '<!DOCTYPE html><html>', 'prometheus.html'],
    ['white space and a page', '\n  <html>', 'prometheus.html'],
    ['nothing', '', 'prometheus.cut'],
    ['cut in a sample', MATRIX.slice(0, MATRIX.indexOf('1.5e') + 2), 'prometheus.cut'],
    ['cut before the end', MATRIX.slice(0, -1), 'prometheus.cut'],
    ['another JSON object', '{"kind":"Status","code":403}', 'prometheus.shape'],
    ['a bare word', 'hello', 'prometheus.shape'],
    ['a sample of one number', '{"data":{"result":[{"metric":{},"values":[[1]]}]}}', 'prometheus.syntax'],
    ['a sample of words', '{"data":{"result":[{"metric":{},"values":[[1,"x"]]}]}}', 'prometheus.syntax'],
    ['something behind the end', `${MATRIX}{}`, 'prometheus.shape'],
  ])('faults on %s', (_, text, code) => {
    expect(read(text).fault).toBe(code);
    expect(read(text, { chunk: 1 }).fault).toBe(code);
  });

  it('stops an endless answer', () => {
    expect(read(MATRIX, { maxSamples: 3 }).fault).toBe('prometheus.too-many');
    const open = `{"data":{"result":[{"metric":{"a":"${'x'.repeat(300_000)}`;
    expect(read(open, { chunk: 65_536 }).fault).toBe('prometheus.token');
    const pair = `{"data":{"result":[{"values":[[1,"${'9'.repeat(1000)}`;
    expect(read(pair, { chunk: 100 }).fault).toBe('prometheus.syntax');
  });

  it('passes over values of any length that nobody asked for', () => {
    const { answer } = read(`{"noise":"${'x\\"'.repeat(200_000)}","data":{"result":[]}}`, { chunk: 4096 });
    expect(answer?.series).toBe(0);
  });

  it('reads any answer as JSON.parse does, however it is cut', () => {
    const finite = double({ noNaN: true, noDefaultInfinity: true });
    const sample = tuple(integer({ min: 0, max: 4_000_000_000_000 }), finite);
    const one = record({ metric: record({ pod: string(), 'é"': string() }), values: array(sample) });
    assert(
      property(array(one), integer({ min: 1, max: 50 }), subarray(['a', 'b']), (result, chunk, warnings) => {
        const text = JSON.stringify({
          status: 'success',
          data: {
            resultType: 'matrix',
            result: result.map(({ metric, values }) => ({
              metric,
              values: values.map(([ms, value]) => [ms / 1000, String(value)]),
            })),
          },
          warnings,
        });
        const { series } = read(text, { chunk });
        expect(series).toEqual(
          result.map(({ metric, values }) => ({
            labels: { ...metric },
            timesMs: values.map(([ms]) => ms),
            values: values.map(([, value]) => Number(String(value))),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('never throws on any bytes', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), integer({ min: 0, max: MATRIX.length }), (noise, at) => {
        const reader = new PrometheusReader({ onSeries: () => {} });
        reader.push(new TextEncoder().encode(MATRIX.slice(0, at)));
        reader.push(noise);
        reader.end();
      }),
      { numRuns: 300 },
    );
  });
});
