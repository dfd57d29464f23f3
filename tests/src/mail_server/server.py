"""A mail server that keeps what it gets, for tests: one JSON file for each mail.

Its only argument is a JSON object: folder, port, mode (plain, starttls, injected, tls, silent), certificate,
key, username and password. On standard output stands each command of the envelope.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

OPTIONS = json.loads(sys.argv[1])


class Keeper:
    # Where another server was, the numbers go on.
    count = len([name for name in os.listdir(OPTIONS["folder"]) if name.endswith(".json")])
    deferred = set()

    async def handle_MAIL(self, server, session, envelope, address, options):
        print("MAIL", address, flush=True)
        envelope.mail_from = address
        return "250 2.1.0 sender taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        print("RCPT", address, flush=True)
        if address.startswith("nobody"):
            return "550 5.1.1 nobody lives here"
        if address.startswith("busy") and address not in Keeper.deferred:
            Keeper.deferred.add(address)
            return "451 4.7.1 too many mails, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient taken"

    async def handle_DATA(self, server, session, envelope):
        print("DATA", flush=True)
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        encrypted = session.ssl is not None or OPTIONS["mode"] == "tls"
        kept = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "encrypted": encrypted,
            "login": getattr(session.auth_data, "login", b"").decode() or None,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "plain": mail.get_body(("plain",)).get_content(),
            "html": mail.get_body(("html",)).get_content(),
        }
        Keeper.count += 1
        path = os.path.join(OPTIONS["folder"], f"{Keeper.count:04}.json")
        with open(path + ".new", "w") as file:
            json.dump(kept, file)
        # A file is whole or not there.
        os.rename(path + ".new", path)
        return f"250 2.0.0 kept as {Keeper.count}"


def authenticate(server, session, envelope, mechanism, data):
    print("AUTH", mechanism, flush=True)
    right = data.login.decode() == OPTIONS["username"]
    right = right and data.password.decode() == OPTIONS["password"]
    return AuthResult(success=right, handled=False, auth_data=data if right else None)


class Injected(SMTP):
    """Somebody on the way has answered to the next command already."""

    async def push(self, status):
        if status.startswith("220 Ready to start TLS"):
            status += "\r\n250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN"
        await super().push(status)


async def silence(reader, writer):
    print("CONNECTED", flush=True)
    await reader.read()


async def main():
    mode = OPTIONS["mode"]
    loop = asyncio.get_running_loop()
    where = ("127.0.0.1", OPTIONS["port"])
    if mode == "silent":
        server = await asyncio.start_server(silence, *where)
    else:
        context = None
        if mode != "plain":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
        starttls = mode in ("starttls", "injected")
        needs_login = OPTIONS["username"] is not None

        def conversation():
            kind = Injected if mode == "injected" else SMTP
            return kind(
                Keeper(),
                hostname="mail.example.org",
                tls_context=context if starttls else None,
                require_starttls=starttls,
                authenticator=authenticate,
                auth_required=needs_login,
                auth_require_tls=starttls,
            )

        server = await loop.create_server(
            conversation, *where, ssl=context if mode == "tls" else None
        )
    async with server:
        await server.serve_forever()


asyncio.run(main())
