"""deploy/: the manifests render, fit the Kubernetes schema, and agree with the code."""

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
KUBECTL = Path(sys.executable).parent / "kubectl"
SERVICES = {"payments": "payments", "reconciler": "reconciler", "invoice-sync": "invoice_sync", "gateway": "gateway"}


@pytest.fixture(scope="module")
def rendered() -> list[dict]:
    done = subprocess.run([KUBECTL, "kustomize", ROOT / "deploy/k8s/base"], capture_output=True, check=True, timeout=60)
    return list(yaml.safe_load_all(done.stdout))


def _of_kind(rendered: list[dict], kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in rendered if one["kind"] == kind}


@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_every_manifest_fits_the_schema_strictly(rendered, version: str):
    for manifest in rendered:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_every_service_has_a_deployment_a_service_and_a_migration(rendered):
    assert set(_of_kind(rendered, "Deployment")) == set(SERVICES)
    assert set(_of_kind(rendered, "Service")) == set(SERVICES)
    assert set(_of_kind(rendered, "Job")) == {f"{name}-migration" for name in SERVICES}


def test_every_pod_is_restricted(rendered):
    for manifest in [*_of_kind(rendered, "Deployment").values(), *_of_kind(rendered, "Job").values()]:
        pod = manifest["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_every_probe_is_native_and_asks_a_service_of_the_contract(rendered):
    contract = (ROOT / "proto/gen/bihuan/contract.binpb").read_bytes()
    for name, manifest in _of_kind(rendered, "Deployment").items():
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        port = {"name": "grpc", "containerPort": container["startupProbe"]["grpc"]["port"]}
        asked = container["readinessProbe"]["grpc"]["service"]
        assert port in container["ports"], name
        assert asked.rpartition(".")[2].encode() in contract, name


def test_every_variable_is_a_setting_of_its_service(rendered):
    for name, manifest in _of_kind(rendered, "Deployment").items():
        module = SERVICES[name]
        fields = dataclasses.fields(importlib.import_module(f"services.{module}.config").Config)
        known = {f"BIHUAN_{module.upper()}_{field.name.upper()}" for field in fields}
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        assert {variable["name"] for variable in container["env"]} <= known
