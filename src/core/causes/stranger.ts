/** A victim that is neither the container's first process nor anything its spec names. */
import { wasFirstProcess } from '../facts/first-process.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { looksLikeProgram } from './read.ts';

/**
 * The victim is not the container's first process and bears no name that its spec explains: a child of its own, or
 * something run into it by exec. The kernel's report cannot tell these two apart, and containerd logs no exec.
 */
export function isStranger(facts: DeathFacts, kill: KernelOomKill): boolean {
  const comm = kill.victim?.comm;
  const { container } = facts;
  if (comm === undefined || container === undefined || wasFirstProcess(facts, kill) !== 'no') return false;
  const words = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  return !looksLikeProgram(container, comm) && !words.includes(comm);
}
