/** `metadata.managedFields` as the API server keeps it: large, and never evidence. */

export const ENVIRONMENT = ['DATABASE_HOST', 'LOG_LEVEL', 'NODE_OPTIONS', 'REGION'] as const;

export function managedFields(containers: readonly string[], createdAt: string): readonly object[] {
  return [specFields(containers, createdAt), statusFields(createdAt)];
}

function specFields(containers: readonly string[], createdAt: string): object {
  return {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: createdAt,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': {
        'f:annotations': {
          '.': {},
          'f:checksum/config': {},
          'f:kubectl.kubernetes.io/restartedAt': {},
          'f:prometheus.io/port': {},
          'f:prometheus.io/scrape': {},
        },
        'f:generateName': {},
        'f:labels': {
          '.': {},
          'f:app': {},
          'f:app.kubernetes.io/name': {},
          'f:app.kubernetes.io/part-of': {},
          'f:pod-template-hash': {},
          'f:tier': {},
        },
        'f:ownerReferences': { '.': {}, 'k:{"uid":"5d0e3f4c-7f0a-4a51-8f0c-1d2b3c4d5e6f"}': {} },
      },
      'f:spec': {
        'f:containers': Object.fromEntries(containers.map(containerFields)),
        'f:dnsPolicy': {},
        'f:enableServiceLinks': {},
        'f:restartPolicy': {},
        'f:schedulerName': {},
        'f:securityContext': { '.': {}, 'f:fsGroup': {}, 'f:runAsNonRoot': {} },
        'f:serviceAccountName': {},
        'f:terminationGracePeriodSeconds': {},
        'f:volumes': {
          '.': {},
          'k:{"name":"config"}': {
            '.': {},
            'f:configMap': { '.': {}, 'f:defaultMode': {}, 'f:name': {} },
            'f:name': {},
          },
        },
      },
    },
  };
}

function statusFields(createdAt: string): object {
  return {
    manager: 'kubelet',
    operation: 'Update',
    apiVersion: 'v1',
    time: createdAt,
    fieldsType: 'FieldsV1',
    subresource: 'status',
    fieldsV1: {
      'f:status': {
        'f:conditions': Object.fromEntries(
          ['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'Ready'].map(conditionFields),
        ),
        'f:containerStatuses': {},
        'f:hostIP': {},
        'f:phase': {},
        'f:podIP': {},
        'f:podIPs': { '.': {}, 'k:{"ip":"10.42.7.93"}': { '.': {}, 'f:ip': {} } },
        'f:startTime': {},
      },
    },
  };
}

function containerFields(name: string): readonly [string, object] {
  return [
    `k:{"name":"${name}"}`,
    {
      '.': {},
      'f:args': {},
      'f:env': {
        '.': {},
        ...Object.fromEntries(
          ENVIRONMENT.map((key) => [`k:{"name":"${key}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
        ),
      },
      'f:image': {},
      'f:imagePullPolicy': {},
      'f:livenessProbe': {
        '.': {},
        'f:failureThreshold': {},
        'f:httpGet': { '.': {}, 'f:path': {}, 'f:port': {}, 'f:scheme': {} },
        'f:periodSeconds': {},
        'f:successThreshold': {},
        'f:timeoutSeconds': {},
      },
      'f:name': {},
      'f:ports': {
        '.': {},
        'k:{"containerPort":8080,"protocol":"TCP"}': {
          '.': {},
          'f:containerPort': {},
          'f:name': {},
          'f:protocol': {},
        },
      },
      'f:readinessProbe': {
        '.': {},
        'f:failureThreshold': {},
        'f:httpGet': { '.': {}, 'f:path': {}, 'f:port': {}, 'f:scheme': {} },
        'f:periodSeconds': {},
        'f:successThreshold': {},
        'f:timeoutSeconds': {},
      },
      'f:resources': {
        '.': {},
        'f:limits': { '.': {}, 'f:memory': {} },
        'f:requests': { '.': {}, 'f:cpu': {}, 'f:memory': {} },
      },
      'f:securityContext': {
        '.': {},
        'f:allowPrivilegeEscalation': {},
        'f:capabilities': { '.': {}, 'f:drop': {} },
      },
      'f:terminationMessagePath': {},
      'f:terminationMessagePolicy': {},
      'f:volumeMounts': {
        '.': {},
        'k:{"mountPath":"/etc/app"}': { '.': {}, 'f:mountPath': {}, 'f:name': {} },
      },
    },
  ];
}

function conditionFields(type: string): readonly [string, object] {
  return [
    `k:{"type":"${type}"}`,
    { '.': {}, 'f:lastProbeTime': {}, 'f:lastTransitionTime': {}, 'f:status': {}, 'f:type': {} },
  ];
}
