"""Runs commands of Debian's OpenStack clients, each in a process of its own, without loading Python's modules each time.

One line of standard input is one command: a list of words, the first of them `openstack` or `magnum`.
One line of standard output answers it: {"code": ..., "stdout": ..., "stderr": ...}.
"""
import importlib.metadata
import json
import os
import sys
import tempfile
import traceback

import cliff.command
import openstackclient.shell
import stevedore.extension

CLIENTS = {'openstack': openstackclient.shell.main}
try:
    import magnumclient.shell
except ImportError:
    pass  # Later releases don't have it.
else:
    CLIENTS['magnum'] = magnumclient.shell.main


def run(words, stdout, stderr):
    """In a forked process, so that nothing a command does to Python's modules is there for the next."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # Some commands read what they are given on standard input: not the commands that are still to come.
            sys.stdin = open(os.devnull)
            os.dup2(sys.stdin.fileno(), 0)
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            sys.argv = words
            code = CLIENTS[words[0]]() or 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# What each command would look up and load anew, all packages' commands among it: there before the first, it is there for all.
for group in importlib.metadata.entry_points().groups:
    if group.startswith(('openstack.', 'keystoneauth1.')):
        stevedore.extension.ExtensionManager(group, on_load_failure_callback=lambda *_: None)
cliff.command._get_distributions_by_modules()

for line in sys.stdin:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        answer = {'code': run(json.loads(line), stdout, stderr)}
        for name, file in (('stdout', stdout), ('stderr', stderr)):
            file.seek(0)
            answer[name] = file.read().decode()
    print(json.dumps(answer), flush=True)
