"""The services that speak OpenAI's chat completions: data."""

from __future__ import annotations

from typing import Literal

import msgspec


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A service.

    `key_env` is the variable of its key; None: it needs none, but gets one that is set. `rename`
    and `drop` are fields of the body that the service calls otherwise or does not take. `schema` is
    how it takes a schema for its answer: as such, or, where it only promises JSON, in words.
    `counts`: it counts the tokens of a request; `batches`: it has batches; both as OpenAI does.
    """

    url: str
    description: str
    key_env: str | None = None
    rename: dict[str, str] = {}
    drop: frozenset[str] = frozenset()
    schema: Literal["json_schema", "json_object"] = "json_schema"
    counts: bool = False
    batches: bool = False


PRESETS: dict[str, Preset] = {
    "openai": Preset(
        url="https://api.openai.com/v1",
        description="OpenAI, or any compatible server by its base_url",
        key_env="OPENAI_API_KEY",
        counts=True,
        batches=True,
    ),
    "openrouter": Preset(
        url="https://openrouter.ai/api/v1",
        description="OpenRouter: models of many providers",
        key_env="OPENROUTER_API_KEY",
    ),
    "groq": Preset(
        url="https://api.groq.com/openai/v1",
        description="Groq",
        key_env="GROQ_API_KEY",
        batches=True,
    ),
    "together": Preset(
        url="https://api.together.xyz/v1", description="Together AI", key_env="TOGETHER_API_KEY"
    ),
    "fireworks": Preset(
        url="https://api.fireworks.ai/inference/v1",
        description="Fireworks AI",
        key_env="FIREWORKS_API_KEY",
    ),
    "cerebras": Preset(
        url="https://api.cerebras.ai/v1", description="Cerebras", key_env="CEREBRAS_API_KEY"
    ),
    "deepseek": Preset(
        url="https://api.deepseek.com/v1",
        description="DeepSeek",
        key_env="DEEPSEEK_API_KEY",
        schema="json_object",
    ),
    "mistral": Preset(
        url="https://api.mistral.ai/v1",
        description="Mistral",
        key_env="MISTRAL_API_KEY",
        rename={"seed": "random_seed"},
        drop=frozenset({"stream_options"}),
    ),
    "xai": Preset(url="https://api.x.ai/v1", description="xAI", key_env="XAI_API_KEY"),
    "moonshot": Preset(
        url="https://api.moonshot.ai/v1", description="Moonshot AI", key_env="MOONSHOT_API_KEY"
    ),
    "deepinfra": Preset(
        url="https://api.deepinfra.com/v1/openai",
        description="DeepInfra",
        key_env="DEEPINFRA_API_KEY",
    ),
    "huggingface": Preset(
        url="https://router.huggingface.co/v1",
        description="Hugging Face's router",
        key_env="HF_TOKEN",
    ),
    "nvidia": Preset(
        url="https://integrate.api.nvidia.com/v1",
        description="NVIDIA NIM",
        key_env="NVIDIA_API_KEY",
    ),
    "vllm": Preset(url="http://localhost:8000/v1", description="A vLLM server"),
    "sglang": Preset(url="http://localhost:30000/v1", description="An SGLang server"),
    "llamacpp": Preset(
        url="http://localhost:8080/v1", description="A llama.cpp server", counts=True
    ),
    "lmstudio": Preset(url="http://localhost:1234/v1", description="LM Studio"),
}
