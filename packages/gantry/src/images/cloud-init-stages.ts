import type { ImageFile } from './image-file.ts';

const SOCKET = '/run/cloud-init-stages.sock';

/**
 * cloud-init runs in four stages, each a Python of its own that loads the same hundreds of modules, which is
 * most of its time. Here one process has them loaded and forks for each stage. systemd's units stay as they
 * are, but for the command, which hands its arguments and outputs over and ends as the stage does.
 */
const SERVER = `#!/usr/bin/python3 -sE
"""Has cloud-init loaded, and forks for each stage that is asked for on the socket that systemd made."""
import os
import socket
import sys
import traceback

# So that the very first thing said to the socket is not lost while the rest is loaded.
listener = socket.socket(fileno=3)

import cloudinit.distros.debian
import cloudinit.net.networkd
import cloudinit.sources.DataSourceNoCloud
import cloudinit.sources.DataSourceNone
from cloudinit.cmd import main


def run(arguments):
    """What cloud-init's own command does with these arguments. Returns the exit code."""
    sys.argv = ["cloud-init", *arguments]
    try:
        status = main.main(sys.argv)
    except SystemExit as ending:
        status = ending.code
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 0 if status is None else 1


while True:
    connection, _ = listener.accept()
    message, fds, _, _ = socket.recv_fds(connection, 65536, 3)
    arguments = message.decode().split("\\0")
    child = os.fork()
    if child == 0:
        listener.close()
        os.setsid()
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
        status = 1
        try:
            status = run(arguments)
        finally:
            connection.sendall(b"%d" % status)
            os._exit(0)
    connection.close()
    for fd in fds:
        os.close(fd)
    os.waitpid(child, 0)
    # The last stage of a boot: what is loaded is memory for nothing now.
    if arguments == ["modules", "--mode=final"]:
        break
`;

/** A server that isn't there, or breaks, is no reason for a server without user data: then it is done as ever. */
const STAGE = `#!/usr/bin/python3 -IS
"""Has a stage of cloud-init run by the process that has it loaded."""
import os
import socket
import sys

try:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect("${SOCKET}")
    socket.send_fds(connection, ["\\0".join(sys.argv[1:]).encode()], [0, 1, 2])
    status = connection.recv(16)
except OSError:
    status = b""
if status:
    sys.exit(int(status))
os.execv("/usr/bin/cloud-init", ["cloud-init", *sys.argv[1:]])
`;

const SOCKET_UNIT = `[Unit]
Description=Stages of cloud-init
DefaultDependencies=no
Before=cloud-init-local.service

[Socket]
ListenStream=${SOCKET}
SocketMode=0600
`;

/** What user data leaves running in the background stays when this ends. */
const SERVICE_UNIT = `[Unit]
Description=Loaded cloud-init, for its stages
DefaultDependencies=no
Before=shutdown.target
Conflicts=shutdown.target

[Service]
ExecStart=/usr/local/sbin/cloud-init-stages
KillMode=process
TasksMax=infinity
`;

const STAGES: Readonly<Record<string, string>> = {
  'cloud-init-local': 'init --local',
  'cloud-init': 'init',
  'cloud-config': 'modules --mode=config',
  'cloud-final': 'modules --mode=final',
};

export const cloudInitStages: readonly ImageFile[] = [
  { path: '/usr/local/sbin/cloud-init-stages', content: SERVER, mode: '0755' },
  { path: '/usr/local/sbin/cloud-init-stage', content: STAGE, mode: '0755' },
  { path: '/etc/systemd/system/cloud-init-stages.socket', content: SOCKET_UNIT, mode: '0644' },
  { path: '/etc/systemd/system/cloud-init-stages.service', content: SERVICE_UNIT, mode: '0644' },
  ...Object.entries(STAGES).map(([unit, args]) => ({
    path: `/etc/systemd/system/${unit}.service.d/stages.conf`,
    content: `[Unit]
Wants=cloud-init-stages.socket
After=cloud-init-stages.socket

[Service]
ExecStart=
ExecStart=/usr/local/sbin/cloud-init-stage ${args}
SyslogIdentifier=cloud-init
`,
    mode: '0644',
  })),
];
