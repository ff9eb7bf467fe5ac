"""Signatures as the providers make them.

Twilio's come from its own SDK. SendGrid's SDK can only check, so its signatures are made with the primitives that its manual
names: ECDSA on P-256 over SHA-256 of the timestamp and the raw body, in DER, in base64.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from multidict import MultiDict
from twilio.request_validator import RequestValidator


def sign_twilio(token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """What Twilio would send as ``X-Twilio-Signature`` with this form, posted to `url` (the whole address, query too)."""
    return str(RequestValidator(token).compute_signature(url, MultiDict(form)))


@dataclass
class SendGridKey:
    """A key pair of a signed event webhook: ours to check with is `public_key_base64`."""

    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    @property
    def public_key_base64(self) -> str:
        """As SendGrid shows it: base64 of the key's SubjectPublicKeyInfo in DER."""
        shown = self.private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(shown).decode()

    def sign(self, timestamp: str, body: bytes) -> str:
        """What SendGrid would send as ``X-Twilio-Email-Event-Webhook-Signature``."""
        return base64.b64encode(self.private_key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
