"""Whole processes, timed from outside."""
import os
import shutil
import subprocess
import time


def once(command, folder):
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter() - start
    os.close(null)
    return elapsed, os.waitstatus_to_exitcode(status)


def peak(command, folder):
    """Peak resident memory in MB."""
    time_program = shutil.which("time")
    if time_program is None:
        return float("nan")
    done = subprocess.run([time_program, "-f", "%M", *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(done.stderr.split()[-1]) / 1024
