/** Which services of a cluster may be a Prometheus, likeliest first. */

export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly name?: string }[];
}

export interface Candidate {
  readonly namespace: string;
  readonly service: string;
  /** As the API server's proxy and RBAC's resource names spell it: `[https:]NAME:PORT`. */
  readonly target: string;
  /** Before `/api/v1`. */
  readonly prefix: string;
}

interface Kind {
  /** Of the service's name, or of its label `app.kubernetes.io/name` (or `app`). */
  readonly names: RegExp;
  readonly prefix: string;
  /** Names or numbers of ports, likeliest first. */
  readonly ports: readonly (string | number)[];
}

const WEB = ['web', 'http-web', 'http', 'http-query', 'https', 9090, 80, 8080, 9091, 443];

/**
 * Those that see every replica and the long past before the single Prometheus; front ends before what they stand for.
 * Names: charts of prometheus-community, bitnami, Grafana and VictoriaMetrics; prometheus-operator; OpenShift.
 */
const KINDS: readonly Kind[] = [
  { names: /^(?:.*-)?thanos-query-frontend$/, prefix: '', ports: ['http', 9090, 10902] },
  { names: /^(?:.*-)?thanos-quer(?:y|ier)$/, prefix: '', ports: ['http', 'web', 9090, 10902, 9091] },
  {
    names: /^(?:.*-)?(?:mimir|cortex)-(?:query-frontend|gateway|nginx)$/,
    prefix: '/prometheus',
    ports: ['http-metrics', 'http', 8080, 80],
  },
  { names: /^(?:.*-)?vmselect(?:-.*)?$/, prefix: '/select/0/prometheus', ports: ['http', 8481] },
  {
    names: /^(?:.*-)?(?:vmsingle(?:-.*)?|victoria-metrics-single(?:-server)?)$/,
    prefix: '',
    ports: ['http', 8428, 8429],
  },
  { names: /^(?:.*-)?prometheus-(?:operated|server|k8s)$/, prefix: '', ports: WEB },
  { names: /^(?:.*-)?prometheus$/, prefix: '', ports: WEB },
];

/** Parts of a stack that only carry its name. */
const OTHERS =
  /alertmanager|exporter|state-metrics|operator(?!ed)|adapter|pushgateway|grafana|coredns|kubelet|scheduler|controller-manager|etcd|proxy|sidecar|ruler|store|compactor|distributor|ingester/;

export function candidatesOf(services: readonly ServiceEntry[]): readonly Candidate[] {
  const ranked = services.flatMap((service) => {
    if (OTHERS.test(service.name)) return [];
    const rank = KINDS.findIndex(({ names }) => namesOf(service).some((name) => names.test(name)));
    const kind = KINDS[rank];
    const port = kind === undefined ? undefined : portOf(service, kind);
    if (kind === undefined || port === undefined) return [];
    const scheme = isTls(port) ? 'https:' : '';
    const target = `${scheme}${service.name}:${port.port}`;
    return [
      {
        rank,
        candidate: { namespace: service.namespace, service: service.name, target, prefix: kind.prefix },
      },
    ];
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ candidate }) => candidate);
}

function namesOf({ name, labels }: ServiceEntry): readonly string[] {
  const label = labels['app.kubernetes.io/name'] ?? labels['app'];
  return label === undefined ? [name] : [name, label];
}

type Port = ServiceEntry['ports'][number];

function portOf(service: ServiceEntry, kind: Kind): Port | undefined {
  for (const wanted of kind.ports) {
    const found = service.ports.find(({ port, name }) => port === wanted || name === wanted);
    if (found !== undefined) return found;
  }
  return service.ports.length === 1 ? service.ports[0] : undefined;
}

/** 9091 is where OpenShift puts its proxy with TLS before the server. */
function isTls({ port, name }: Port): boolean {
  return name === 'https' || port === 443 || port === 8443 || port === 9091;
}
