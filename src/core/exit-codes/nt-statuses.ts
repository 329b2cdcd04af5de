/** NTSTATUS values that Windows containers end with (ntstatus.h; .NET's own 0xE0434352). */

export interface NtStatus {
  readonly status: string;
  readonly title: string;
  readonly cause: string;
}

/** Keys are the code as unsigned 32-bit number. */
export const NT_STATUSES: Readonly<Record<number, NtStatus>> = {
  0xc0000005: {
    status: 'STATUS_ACCESS_VIOLATION',
    title: 'access violation',
    cause: 'Invalid memory access: a native bug.',
  },
  0xc000013a: {
    status: 'STATUS_CONTROL_C_EXIT',
    title: 'stopped by ctrl-C or a close event',
    cause: 'The usual end of an ordinary stop on Windows.',
  },
  0xc0000017: {
    status: 'STATUS_NO_MEMORY',
    title: 'not enough memory',
    cause: 'An allocation failed: the commit limit of the container or of the node.',
  },
  0xc000012d: {
    status: 'STATUS_COMMITMENT_LIMIT',
    title: 'commit limit reached',
    cause: 'The page file and memory together were exhausted.',
  },
  0xc00000fd: {
    status: 'STATUS_STACK_OVERFLOW',
    title: 'stack overflow',
    cause: 'Endless recursion, or a stack that is too small.',
  },
  0xc0000135: {
    status: 'STATUS_DLL_NOT_FOUND',
    title: 'a DLL was not found',
    cause: 'A dependency is missing in the image.',
  },
  0xc0000142: {
    status: 'STATUS_DLL_INIT_FAILED',
    title: 'a DLL failed to initialize',
    cause: 'Often too little desktop heap, or a base image that does not match the host.',
  },
  0xc0000374: { status: 'STATUS_HEAP_CORRUPTION', title: 'heap corruption', cause: 'A native bug.' },
  0xc0000409: {
    status: 'STATUS_STACK_BUFFER_OVERRUN',
    title: 'fail-fast',
    cause: 'The process ended itself after an internal check.',
  },
  0xe0434352: {
    status: '.NET exception',
    title: 'unhandled .NET exception',
    cause: 'Read the log for the exception, such as System.OutOfMemoryException.',
  },
  0x40010004: {
    status: 'DBG_TERMINATE_PROCESS',
    title: 'ended by the system',
    cause: 'The process was ended by a shutdown or a debugger.',
  },
};
