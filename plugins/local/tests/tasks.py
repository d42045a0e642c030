"""Small tasks with the right answers: what the figures in the README are measured over."""

from __future__ import annotations

from typing import Any

from polyspell.providers.base import ToolSpec

STRING, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def tool(name: str, description: str, **parameters: dict[str, Any]) -> ToolSpec:
    schema = {"type": "object", "properties": parameters, "required": list(parameters)}
    return ToolSpec(name, description, schema)


TOOLS = [
    tool("weather", "Current weather of a city", city=STRING),
    tool("add", "Add two numbers", a=NUMBER, b=NUMBER),
    tool("multiply", "Multiply two numbers", a=NUMBER, b=NUMBER),
    tool("stock_price", "Latest price of a share by its ticker symbol", symbol=STRING),
    tool("send_email", "Send an email", to=STRING, subject=STRING),
    tool("population", "Number of inhabitants of a country", country=STRING),
    tool("set_timer", "Start a timer", minutes=INTEGER),
    tool("read_file", "Read a text file", path=STRING),
]

# (request, tool, arguments, tool's answer, what the final answer has to contain)
ONE_STEP: list[tuple[str, str, dict[str, Any], Any, str]] = [
    ("What is the weather in Oslo?", "weather", {"city": "Oslo"}, {"celsius": 21}, "21"),
    ("Is it raining in Lisbon right now?", "weather", {"city": "Lisbon"}, {"sky": "rain"}, "rain"),
    ("How warm is it in Nairobi?", "weather", {"city": "Nairobi"}, {"celsius": 27}, "27"),
    ("Do I need a coat in Quebec today?", "weather", {"city": "Quebec"}, {"celsius": -8}, "-8"),
    ("What is 17 plus 25?", "add", {"a": 17, "b": 25}, 42, "42"),
    ("Add 3.5 and 1.25.", "add", {"a": 3.5, "b": 1.25}, 4.75, "4.75"),
    ("I have 120 apples and get 35 more. How many?", "add", {"a": 120, "b": 35}, 155, "155"),
    ("What is 12 times 34?", "multiply", {"a": 12, "b": 34}, 408, "408"),
    ("Multiply 7 by 0.5.", "multiply", {"a": 7, "b": 0.5}, 3.5, "3.5"),
    ("What is the product of 19 and 21?", "multiply", {"a": 19, "b": 21}, 399, "399"),
    ("What does a share of AAPL cost?", "stock_price", {"symbol": "AAPL"}, {"usd": 231}, "231"),
    ("Look up the price of MSFT.", "stock_price", {"symbol": "MSFT"}, {"usd": 415}, "415"),
    (
        "Send an email to ada@example.org with the subject Lunch.",
        "send_email",
        {"to": "ada@example.org", "subject": "Lunch"},
        "sent",
        "sent",
    ),
    (
        "Mail bob@example.org, subject: Invoice 7.",
        "send_email",
        {"to": "bob@example.org", "subject": "Invoice 7"},
        "sent",
        "sent",
    ),
    ("How many people live in Norway?", "population", {"country": "Norway"}, 5600000, "5"),
    ("What is the population of Chile?", "population", {"country": "Chile"}, 19600000, "19"),
    ("Set a timer for 15 minutes.", "set_timer", {"minutes": 15}, "started", "timer"),
    ("Remind me in half an hour.", "set_timer", {"minutes": 30}, "started", "30"),
    ("Show me the file notes.txt.", "read_file", {"path": "notes.txt"}, "buy milk", "milk"),
    ("What is in /etc/hostname?", "read_file", {"path": "/etc/hostname"}, "apollo", "apollo"),
]

NO_TOOL = [
    "Tell me a joke.",
    "Hello, how are you?",
    "What is the capital of France?",
    "Write a haiku about the sea.",
    "Thank you, that was helpful.",
    "Translate 'good morning' into Spanish.",
    "Explain what recursion is.",
    "Who wrote Romeo and Juliet?",
    "What are you able to do?",
    "Give me a name for a grey cat.",
]

# (request, the calls in order with what each returns, what the final answer has to contain)
TWO_STEPS: list[tuple[str, list[tuple[str, dict[str, Any], Any]], list[str]]] = [
    (
        "What is the weather in Oslo and in Rome?",
        [
            ("weather", {"city": "Oslo"}, {"celsius": 21}),
            ("weather", {"city": "Rome"}, {"celsius": 33}),
        ],
        ["21", "33"],
    ),
    (
        "Add 2 and 3, then multiply the sum by 10.",
        [("add", {"a": 2, "b": 3}, 5), ("multiply", {"a": 5, "b": 10}, 50)],
        ["50"],
    ),
    (
        "Multiply 6 by 7 and add 8 to the result.",
        [("multiply", {"a": 6, "b": 7}, 42), ("add", {"a": 42, "b": 8}, 50)],
        ["50"],
    ),
    (
        "What do AAPL and MSFT cost?",
        [
            ("stock_price", {"symbol": "AAPL"}, {"usd": 231}),
            ("stock_price", {"symbol": "MSFT"}, {"usd": 415}),
        ],
        ["231", "415"],
    ),
    (
        "How many people live in Norway and Chile?",
        [
            ("population", {"country": "Norway"}, 5600000),
            ("population", {"country": "Chile"}, 19600000),
        ],
        ["5", "19"],
    ),
    (
        "Read city.txt and tell me the weather in the city it names.",
        [
            ("read_file", {"path": "city.txt"}, "Madrid"),
            ("weather", {"city": "Madrid"}, {"celsius": 30}),
        ],
        ["30"],
    ),
    (
        "Set a timer for 5 minutes and tell me the weather in Bergen.",
        [
            ("set_timer", {"minutes": 5}, "started"),
            ("weather", {"city": "Bergen"}, {"celsius": 12}),
        ],
        ["12"],
    ),
    (
        "Look up the price of TSLA and email it to ada@example.org with the subject Price.",
        [
            ("stock_price", {"symbol": "TSLA"}, {"usd": 350}),
            ("send_email", {"to": "ada@example.org", "subject": "Price"}, "sent"),
        ],
        [],
    ),
]
