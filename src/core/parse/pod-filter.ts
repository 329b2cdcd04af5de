/** A cheap look at a raw pod: may it hold a death? For lists of which most pods are well. */
import { countOf, fieldsOf, integerOf, isFields, itemsOf } from './fields.ts';

/**
 * True if anything in it tells of an end: a termination with a non-zero exit or an OOM kill, a restart, a status
 * reason, phase Failed, a disruption or a deletion. Never throws; false for what is no pod.
 */
export function podShowsDeath(raw: unknown): boolean {
  if (!isFields(raw)) return false;
  if (fieldsOf(raw['metadata'])['deletionTimestamp']) return true;
  const status = raw['status'];
  if (!isFields(status)) return false;
  if (status['reason'] || status['phase'] === 'Failed') return true;
  return (
    itemsOf(status['containerStatuses']).some(containerShowsDeath) ||
    itemsOf(status['initContainerStatuses']).some(containerShowsDeath) ||
    itemsOf(status['ephemeralContainerStatuses']).some(containerShowsDeath) ||
    itemsOf(status['conditions']).some(isDisruption)
  );
}

function containerShowsDeath(raw: unknown): boolean {
  if (!isFields(raw)) return false;
  return (
    (countOf(raw['restartCount']) ?? 0) > 0 ||
    stateShowsDeath(raw['state']) ||
    stateShowsDeath(raw['lastState'])
  );
}

function stateShowsDeath(raw: unknown): boolean {
  if (!isFields(raw)) return false;
  const terminated = raw['terminated'];
  if (!isFields(terminated)) return false;
  return integerOf(terminated['exitCode']) !== 0 || terminated['reason'] === 'OOMKilled';
}

function isDisruption(raw: unknown): boolean {
  return isFields(raw) && raw['type'] === 'DisruptionTarget' && raw['status'] === 'True';
}
