/** What the place of a file inside a dump says about it. The content decides what a file is; the path whose it is. */

export interface ContainerLogPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  readonly previous: boolean;
}

interface Layout {
  readonly pattern: RegExp;
  readonly place: (found: RegExpMatchArray) => ContainerLogPlace;
}

const SEGMENT = '([^/]{1,253})';

/** Layouts of container logs. Each pattern is anchored at the end, with single segments only. */
const LAYOUTS: readonly Layout[] = [
  {
    // oc adm must-gather: namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/previous.log
    pattern: new RegExp(
      `(?:^|/)namespaces/${SEGMENT}/pods/${SEGMENT}/${SEGMENT}/[^/]+/logs/(current|previous)(?:\\.insecure)?\\.log(?:\\.gz)?$`,
    ),
    place: ([, namespace, pod, container, which]) => ({
      namespace: namespace as string,
      pod: pod as string,
      container: container as string,
      previous: which === 'previous',
    }),
  },
  {
    // Kubelet: /var/log/pods/NS_POD_UID/CONTAINER/N.log; the newest instance has the highest number.
    pattern: new RegExp(
      `(?:^|/)pods/([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})_([0-9a-f-]{32,36})/${SEGMENT}/\\d+\\.log(?:\\.gz)?$`,
    ),
    place: ([, namespace, pod, podUid, container]) => ({
      namespace: namespace as string,
      pod: pod as string,
      podUid: podUid as string,
      container: container as string,
      previous: false,
    }),
  },
  {
    // Troubleshoot: [cluster-resources/]pods/logs/NS/POD/CONTAINER[-previous].log
    pattern: new RegExp(`(?:^|/)pods/logs/${SEGMENT}/${SEGMENT}/([^/]+?)(-previous)?\\.log(?:\\.gz)?$`),
    place: ([, namespace, pod, container, previous]) => ({
      namespace: namespace as string,
      pod: pod as string,
      container: container as string,
      previous: previous !== undefined,
    }),
  },
];

export function containerLogPlace(path: string): ContainerLogPlace | undefined {
  for (const layout of LAYOUTS) {
    const found = path.match(layout.pattern);
    if (found !== null) return layout.place(found);
  }
  return undefined;
}

/** Files of no use that would cost much or must not be read. */
export function isPassedOver(path: string): boolean {
  // A namespace may be called `secrets` too; Secrets that lie elsewhere are told by their kind and their fields.
  return (
    /(?:^|\/)(?:core|cluster-resources)\/secrets(?:\/|\.(?:json|ya?ml))/.test(path) ||
    /(?:^|\/)audit_logs\//.test(path) ||
    /\/logs\/rotated\//.test(path)
  );
}

/** The node that a log lies under: must-gather's `nodes/NAME/…`, a sosreport's folder name. */
export function nodeNameOf(path: string): string | undefined {
  const node = /(?:^|\/)nodes\/([^/]{1,253})\/[^/]/.exec(path)?.[1];
  if (node !== undefined) return node;
  return /(?:^|\/)sosreport-([a-z0-9.-]{1,253}?)-(?:\d{4}-\d\d-\d\d|\d{5,})[^/]*\//i.exec(path)?.[1];
}

/** The namespace that a list lies under, which an empty list cannot say itself. */
export function namespaceOf(path: string): string | undefined {
  return (
    /(?:^|\/)namespaces\/([^/]{1,63})\//.exec(path)?.[1] ??
    /(?:^|\/)cluster-resources\/(?:pods|events)\/([^/]{1,63})\.json$/.exec(path)?.[1]
  );
}
