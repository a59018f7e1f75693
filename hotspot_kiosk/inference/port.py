"""The one door to ONNX models: open by name, check the digest first, run.

Only this file imports onnxruntime. The manifest (`models/manifest.toml`) names every model.
"""
