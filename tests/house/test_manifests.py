"""deploy/: the manifests render, fit the Kubernetes schema, and agree with the code."""

import dataclasses
import importlib
import os
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from chassis import probes, server, tls
from services.gateway import app, grpc_server, web

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


def test_every_probe_asks_a_port_for_probes_that_no_service_leads_to(rendered):
    for name, manifest in _of_kind(rendered, "Deployment").items():
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        (port,) = (one["containerPort"] for one in container["ports"] if one["name"] == "probes")
        asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "readiness", "liveness")}
        assert {"name": "BIHUAN_PROBES_LISTEN", "value": f"0.0.0.0:{port}"} in container["env"], name
        assert {one["port"] for one in asked.values()} == {"probes"}, name
        assert [one["path"] for one in asked.values()] == ["/readyz", "/readyz", "/livez"], name
        assert "probes" not in {one["targetPort"] for one in _of_kind(rendered, "Service")[name]["spec"]["ports"]}


def test_every_pod_has_the_time_that_its_longest_end_takes(rendered):
    """A gateway ends its doors side by side, then loops and calls inside, then what it sends together and writes."""
    doors = max(web._STOP_SECONDS, grpc_server._STOP_SECONDS)
    ends_seconds = doors + 2 * server._STOP_SECONDS + 2 * app._CLOSE_SECONDS

    for name, manifest in _of_kind(rendered, "Deployment").items():
        pod = manifest["spec"]["template"]["spec"]
        waits_seconds = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        # Channels, pools and traces are closed in the rest.
        assert pod["terminationGracePeriodSeconds"] >= waits_seconds + ends_seconds + 10, name


def test_with_mutual_tls_every_service_has_its_certificate_and_the_same_probes(rendered, tmp_path):
    k8s = os.path.relpath(ROOT / "deploy/k8s", tmp_path.resolve())
    overlay = {"resources": [f"{k8s}/base"], "components": [f"{k8s}/components/mutual-tls"]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    done = subprocess.run([KUBECTL, "kustomize", tmp_path], capture_output=True, check=True, timeout=60)
    shown = _of_kind(list(yaml.safe_load_all(done.stdout)), "Deployment")

    assert set(shown) == set(SERVICES)
    for name, manifest in shown.items():
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        pod = manifest["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        (plain,) = _of_kind(rendered, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
        files = {one["name"]: one["value"] for one in container["env"] if one["name"].startswith("BIHUAN_TLS_")}
        assert {"name": "tls", "secret": {"secretName": f"{name}-tls"}} in pod["volumes"]
        assert {Path(file).parent for file in files.values()} == {Path("/etc/bihuan/tls")}
        assert set(files) == {f"{tls.PREFIX}_{field.name.upper()}" for field in dataclasses.fields(tls.Tls)}
        assert container["livenessProbe"] == plain["livenessProbe"]


def test_every_variable_is_a_setting_of_its_service(rendered):
    for name, manifest in _of_kind(rendered, "Deployment").items():
        module = SERVICES[name]
        fields = dataclasses.fields(importlib.import_module(f"services.{module}.config").Config)
        known = {f"{probes.PREFIX}_LISTEN"}
        known |= {f"BIHUAN_{module.upper()}_{field.name.upper()}" for field in fields}
        (container,) = manifest["spec"]["template"]["spec"]["containers"]
        assert {variable["name"] for variable in container["env"]} <= known
