/**
 * A Python script that runs a program as on a machine without IPv6. Its filter of system calls (seccomp) lets
 * `socket(AF_INET6, …)` fail with EAFNOSUPPORT. It does not need root.
 */
const SCRIPT = `
import ctypes, os, platform, struct, sys
SOCKET = {'x86_64': 41, 'aarch64': 198}[platform.machine()]
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
steps = [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 3, SOCKET), (LOAD, 0, 0, 16), (JUMP_IF_EQUAL, 0, 1, 10),
         (RETURN, 0, 0, 0x00050000 | 97), (RETURN, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('steps', ctypes.c_void_p)]
program = Program(len(steps), ctypes.cast(code, ctypes.c_void_p))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])
`;

/** The start of a command line that runs another command without IPv6. */
export const WITHOUT_IPV6: readonly string[] = ['python3', '-c', SCRIPT];
