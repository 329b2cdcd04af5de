/** The kubelet's own configuration, as `/configz` answers it or as its file holds it (kubelet.config.k8s.io/v1beta1). */
import type { KubeletConfig } from '../model/kubernetes.ts';
import { fault, ok, type Result } from '../model/result.ts';
import type { Seconds } from '../units.ts';
import {
  booleanOf,
  bytesOf,
  defined,
  fieldsOf,
  isFields,
  secondsOf,
  textsOf,
  wordMapOf,
  wordOf,
} from './fields.ts';
import { parseDuration } from './time.ts';

const MAX_THRESHOLDS = 32;

/** Fault `kubelet-config.not-a-config`. */
export function parseKubeletConfig(raw: unknown): Result<KubeletConfig> {
  const outer = fieldsOf(raw);
  const config = outer['kind'] === 'KubeletConfiguration' ? outer : outer['kubeletconfig'];
  if (!isFields(config)) return fault('kubelet-config.not-a-config', 'This is not a kubelet configuration.');
  return ok(
    defined({
      singleProcessOomKill: booleanOf(config['singleProcessOOMKill']),
      evictionHard: wordMapOf(config['evictionHard'], MAX_THRESHOLDS),
      evictionSoft: wordMapOf(config['evictionSoft'], MAX_THRESHOLDS),
      kubeReservedMemoryBytes: bytesOf(fieldsOf(config['kubeReserved'])['memory']),
      systemReservedMemoryBytes: bytesOf(fieldsOf(config['systemReserved'])['memory']),
      enforceNodeAllocatable: textsOf(config['enforceNodeAllocatable'])?.map((text) => wordOf(text) ?? ''),
      shutdownGracePeriodSeconds: durationSeconds(config['shutdownGracePeriod']),
      cgroupDriver: wordOf(config['cgroupDriver'], 32),
      memorySwapBehavior: wordOf(fieldsOf(config['memorySwap'])['swapBehavior'], 32),
    }),
  );
}

function durationSeconds(raw: unknown): Seconds | undefined {
  if (typeof raw !== 'string') return secondsOf(raw);
  const ms = parseDuration(raw);
  return ms === undefined ? undefined : ms / 1000;
}
