"""The listening socket as asyncio takes it over."""

import asyncio
import socket

from zhanggui.app.web.server import bound


def test_answers_do_not_wait_for_more_to_send():
    """Asyncio switches off Nagle's algorithm only where the listening socket names its protocol."""

    async def accepted() -> int:
        listener, taken = bound("127.0.0.1", 0), asyncio.get_running_loop().create_future()
        port = listener.getsockname()[1]

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            taken.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(take, sock=listener):
            _, caller = await asyncio.open_connection("127.0.0.1", port)
            without_delay = await asyncio.wait_for(taken, timeout=20)
            caller.close()
            await caller.wait_closed()
        return without_delay

    assert asyncio.run(accepted())
