/** The roles that the guide tells people to create, created from the guide's own text: what it says is what is tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';

const GUIDE = join(import.meta.dirname, '..', '..', '..', 'docs', 'guide', 'permissions.md');
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export async function grantPermissions(api: Api): Promise<void> {
  for (const document of clusterWideDocuments()) {
    const plural = /^kind: ClusterRoleBinding$/mu.test(document) ? 'clusterrolebindings' : 'clusterroles';
    const answer = await api.ask('POST', `${RBAC}/${plural}`, { type: 'application/yaml', text: document });
    if (answer.status !== 201) throw new Error(`the guide's ${plural} is refused: ${answer.text}`);
  }
  await api.create(`${RBAC}/clusterrolebindings`, {
    metadata: { name: 'exit137-node-access' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'exit137-node-access' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'node-access' }],
  });
}

function clusterWideDocuments(): readonly string[] {
  const guide = readFileSync(GUIDE, 'utf8');
  const blocks = [...guide.matchAll(/^```yaml\n([^`]*)^```$/gmu)].map(([, text = '']) => text);
  const documents = blocks.flatMap((text) => text.split(/^---$/mu)).map((text) => text.trim());
  const found = documents.filter((text) => /^kind: ClusterRole(?:Binding)?$/mu.test(text));
  if (found.length !== 3) throw new Error(`${GUIDE}: ${found.length} cluster-wide objects, not 3`);
  return found;
}
