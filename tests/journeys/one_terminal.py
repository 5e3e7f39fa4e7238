"""Runs many `postern …` lines in one process, as one installation's terminal: JSON lines in, what each printed out."""

import json
import shlex
import sys

import click
from click.testing import CliRunner

import wsgi
from governance.app import commands
from governance.console import Lazy

if __name__ == "__main__":
    root = click.Group("postern", commands=dict(commands(wsgi.AREAS)))
    lazy = Lazy(wsgi.instance(), wsgi.create_app, wsgi.AREAS)
    for line in json.load(sys.stdin):
        told = CliRunner().invoke(root, shlex.split(line)[1:], obj=lazy)
        sys.stdout.write(json.dumps({"stdout": told.stdout, "stderr": told.stderr}) + "\n")
