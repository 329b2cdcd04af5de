/** Parses one YAML document within bounds that hold after its aliases are expanded. */
import { load } from 'js-yaml';
import { fault, ok, type Result } from '../../core/model/result.ts';

export interface YamlLimits {
  readonly maxDocumentNodes: number;
  readonly maxDocumentDepth: number;
}

/**
 * kubectl writes no aliases, so the common case refuses them outright; only documents that use some pay for counting
 * what they expand to (js-yaml shares the nodes, a walk over the result would not).
 */
export function parseYaml(text: string, limits: YamlLimits): Result<unknown> {
  if (tooManyMarks(text, limits.maxDocumentNodes)) return fault('yaml.size', 'it holds too many values');
  const first = tryLoad(text, 0, limits);
  if (first.ok || !first.error.message.includes('maxAliases')) return first;
  const second = tryLoad(text, 10_000, limits);
  if (!second.ok) return second;
  const size = expandedSize(second.value, limits);
  return size <= limits.maxDocumentNodes
    ? second
    : fault('yaml.aliases', 'its aliases expand to too many values');
}

function tryLoad(text: string, maxAliases: number, limits: YamlLimits): Result<unknown> {
  try {
    // Duplicate keys are taken as JSON takes them: the last one counts.
    return ok(load(text, { maxAliases, maxDepth: limits.maxDocumentDepth, json: true }));
  } catch (error) {
    const reason = (error as { reason?: unknown }).reason;
    const message = typeof reason === 'string' ? reason : (error as Error).message;
    return fault('yaml.syntax', message.slice(0, 200), place(error));
  }
}

function place(error: unknown): string | undefined {
  const line = (error as { mark?: { line?: unknown } }).mark?.line;
  return typeof line === 'number' ? String(line) : undefined;
}

/** Nodes of the tree that the shared graph stands for; infinite for a cycle or a tree that is too deep. */
function expandedSize(root: unknown, limits: YamlLimits): number {
  const known = new Map<object, number>();
  const visit = (node: unknown, depth: number): number => {
    if (typeof node !== 'object' || node === null) return 1;
    const seen = known.get(node);
    if (seen !== undefined) return seen;
    if (depth > limits.maxDocumentDepth) return Number.POSITIVE_INFINITY;
    // Stands while the node is being visited, so that a cycle comes out as infinite.
    known.set(node, Number.POSITIVE_INFINITY);
    let size = 1;
    for (const child of Object.values(node)) size += visit(child, depth + 1);
    known.set(node, size);
    return size;
  };
  return visit(root, 0);
}

/** Every value needs a line, a comma or a bracket: an upper bound before the parser spends memory on them. */
function tooManyMarks(text: string, maxMarks: number): boolean {
  if (text.length < maxMarks) return false;
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x2c || code === 0x5b || code === 0x7b) marks++;
  }
  return marks > maxMarks;
}
