/** Stages as a shell script for the machine's first process; the functions it calls are in init.sh. */
import { containerCgroup, podCgroups, type Driver } from './cgroup-names.ts';
import type { Act, Stage, StagedContainer } from './stages.ts';

const TOP = '/sys/fs/cgroup';

export function stagesScript(stages: readonly Stage[], driver: Driver): string {
  return stages.map((stage) => stageScript(stage, driver)).join('\n');
}

function stageScript(stage: Stage, driver: Driver): string {
  const [kubepods, qos, pod] = podCgroups(stage, driver);
  const pause = containerCgroup(stage, 'pause', driver);
  const containers = stage.containers.map((container) => containerCgroup(stage, container.name, driver));
  const set = (cgroup: string, file: string, mib: number): string =>
    `echo $(mib ${mib}) > ${TOP}${cgroup}/${file}`;
  const ends = stage.containers.filter((container) => container.ends).map((container) => container.name);
  const lines = [
    `begin ${stage.name}`,
    // Each level lets the next one have a memory controller.
    `mkdir -p ${TOP}${pod}`,
    `allow ${TOP} ${TOP}${kubepods} ${TOP}${qos} ${TOP}${pod}`,
    `mkdir ${[pause, ...containers].map((cgroup) => TOP + cgroup).join(' ')}`,
    `echo $(mib ${stage.kubepodsLimitMib ?? 'max'}) > ${TOP}${kubepods}/memory.max`,
    ...(stage.podLimitMib === undefined ? [] : [set(pod, 'memory.max', stage.podLimitMib)]),
    ...(stage.memoryVolume === true ? ['mount -t tmpfs tmpfs /volumes'] : []),
    `start pause ${pause} -998 /bin/pause`,
    ...stage.containers.flatMap((container) => containerScript(stage, container, driver)),
    ...(stage.acts ?? []).map((act) => actScript(stage, act, driver)),
    ...(ends.length === 0 ? [] : [`await ${stage.tenths ?? 250} ${ends.join(' ')}`]),
    'usleep 300000',
    `dump ${[kubepods, pod, ...containers].join(' ')}`,
    'finish',
    'stop_watching',
    `remove ${kubepods}`,
    ...(stage.memoryVolume === true ? ['umount /volumes'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function containerScript(stage: Stage, container: StagedContainer, driver: Driver): readonly string[] {
  const cgroup = containerCgroup(stage, container.name, driver);
  const { limitMib, highMib } = container;
  return [
    ...(limitMib === undefined ? [] : [`echo $(mib ${limitMib}) > ${TOP}${cgroup}/memory.max`]),
    ...(highMib === undefined ? [] : [`echo $(mib ${highMib}) > ${TOP}${cgroup}/memory.high`]),
    ...(container.oomGroup ? [`echo 1 > ${TOP}${cgroup}/memory.oom.group`] : []),
    `ln -sf victim /bin/${container.name}`,
    `start ${container.name} ${cgroup} ${container.oomScoreAdj} /bin/${container.name} ${container.steps.join(' ')}`,
  ];
}

function actScript(stage: Stage, act: Act, driver: Driver): string {
  switch (act.kind) {
    case 'wait':
      return `usleep ${act.ms * 1000}`;
    case 'exec': {
      const cgroup = containerCgroup(stage, act.container, driver);
      const score = stage.containers.find(({ name }) => name === act.container)?.oomScoreAdj ?? 0;
      return `ln -sf victim /bin/${act.program}\nstart exec-${act.program} ${cgroup} ${score} /bin/${act.program} ${act.steps.join(' ')}`;
    }
    case 'resize': {
      const cgroups = [containerCgroup(stage, act.container, driver), podCgroups(stage, driver)[2]];
      return cgroups.map((cgroup) => `echo $(mib ${act.limitMib}) > ${TOP}${cgroup}/memory.max`).join('\n');
    }
    case 'kill':
      return `kill -9 $(head -n 1 ${TOP}${containerCgroup(stage, act.container, driver)}/cgroup.procs)`;
    case 'daemon': {
      const cgroup = '/system.slice';
      return `mkdir -p ${TOP}${cgroup}\nln -sf victim /bin/${act.program}\nstart daemon-${act.program} ${cgroup} ${act.oomScoreAdj} /bin/${act.program} ${act.steps.join(' ')}`;
    }
    case 'earlyoom':
      return 'watch_memory';
  }
}
