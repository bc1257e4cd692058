"""Prints a template set of the original Magnum as its conductor sends it to Heat: JSON on standard output.

Usage: heat-template-set.py TEMPLATE ENVIRONMENT...
"""
import json
import os
import sys

from heatclient.common import template_utils

template_path, *environment_paths = sys.argv[1:]
files, template = template_utils.get_template_contents(template_path)
environment_files = []
env_map, _ = template_utils.process_multiple_environments_and_files(
    env_paths=[os.path.abspath(path) for path in environment_paths],
    env_list_tracker=environment_files)
files = dict(files)
files.update(env_map)
json.dump({'template': template, 'files': files, 'environment_files': environment_files}, sys.stdout, default=str)
