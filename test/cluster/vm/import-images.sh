#!/bin/sh
# What a node pulls from a registry.
until ctr version > /dev/null 2>&1; do usleep 200000; done
for image in /images/*.tar; do ctr --namespace k8s.io images import "$image"; done
