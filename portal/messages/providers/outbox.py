"""The default: nothing leaves the house. The message stays in its row, and members read it under Messages."""

from portal.messages.providers import Accepted, Letter


class Outbox:
    name = "outbox"

    async def send(self, outgoing: Letter) -> Accepted:
        return Accepted(str(outgoing.message_id))

    async def look(self) -> str:
        return "Nothing is sent: messages stand on the outbox page."
