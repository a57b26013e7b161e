"""A page in headless Chromium, by its DevTools protocol (python3-websockets)."""

import asyncio
import base64
import json
import os
import pathlib
import re
import shutil
import tempfile
from typing import Any

import websockets


class Page:
    """An async context: Chromium with one page, of `width` x `height` CSS pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.profile = tempfile.mkdtemp()
        self.messages: list[str] = []  # errors of the page
        self.requests: list[str] = []  # addresses that it asked for
        self.number = 0
        self.answers: dict[int, asyncio.Future[Any]] = {}

    async def __aenter__(self) -> "Page":
        self.process = await asyncio.create_subprocess_exec(
            "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--remote-debugging-port=0", f"--user-data-dir={self.profile}", "about:blank",
            env={**os.environ, "TMPDIR": self.profile}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        assert self.process.stderr
        found = None
        while not found:
            line = await asyncio.wait_for(self.process.stderr.readline(), 60)
            assert line, "Chromium has ended"
            found = re.search(rb"listening on (ws://\S+)", line)
        self.rest = asyncio.create_task(self.process.stderr.read())
        self.socket = await websockets.connect(found[1].decode(), max_size=None)
        self.reader = asyncio.create_task(self.read())
        self.session = None
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in "Page", "Runtime", "Log", "Network":
            await self.call(f"{domain}.enable")
        await self.resize(*self.size)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reader.cancel()
        await self.socket.close()
        self.process.terminate()
        await self.process.wait()
        self.rest.cancel()
        shutil.rmtree(self.profile, ignore_errors=True)

    async def read(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            values = message.get("params", {})
            if message.get("id") in self.answers:
                self.answers.pop(message["id"]).set_result(message)
            elif message.get("method") == "Runtime.exceptionThrown":
                self.messages.append(values["exceptionDetails"]["exception"]["description"])
            elif message.get("method") == "Log.entryAdded" and values["entry"]["level"] == "error":
                self.messages.append(values["entry"]["text"])
            elif message.get("method") == "Network.requestWillBeSent":
                self.requests.append(values["request"]["url"])

    async def call(self, method: str, **values: Any) -> Any:
        self.number += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.answers[self.number] = future
        message = {"id": self.number, "method": method, "params": values}
        if self.session:
            message["sessionId"] = self.session
        await self.socket.send(json.dumps(message))
        answer = await asyncio.wait_for(future, 60)
        assert "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    async def resize(self, width: int, height: int, scale: float = 1) -> None:
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                        deviceScaleFactor=scale, mobile=False)

    async def prefer(self, scheme: str) -> None:
        await self.call("Emulation.setEmulatedMedia",
                        features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                                 awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer}"
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The first value that is true; half a minute."""
        for _ in range(300):
            value = await self.ask(expression)
            if value:
                return value
            await asyncio.sleep(0.1)
        raise AssertionError(f"never: {expression}; {self.messages}")

    async def click(self, selector: str) -> None:
        x, y = await self.ask(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect(); "
            f"return [r.x + r.width / 2, r.y + r.height / 2]; }})(document.querySelector({selector!r}))")
        for kind in "mousePressed", "mouseReleased":
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, key: str, code: int, text: str = "") -> None:
        for kind in "keyDown", "keyUp":
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                            windowsVirtualKeyCode=code, text=text if kind == "keyDown" else "")

    async def screenshot(self, path: str, whole: bool = False) -> None:
        answer = await self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))
