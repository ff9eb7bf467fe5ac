"""The places where a link can be put: what every workspace starts with.

To add one, add a line. `code` goes into slugs and stays as it is once links have been made with it.
"""

import msgspec


class CatalogueChannel(msgspec.Struct, frozen=True):
    """One network and placement. `hint` says in a line where the link goes there and what to mind."""

    network: str
    placement: str
    network_name: str
    placement_name: str
    code: str
    hint: str

    @property
    def key(self) -> str:
        """How forms name it."""
        return f"{self.network}/{self.placement}"

    @property
    def name(self) -> str:
        return f"{self.network_name} · {self.placement_name}"


def _network(network: str, name: str, *places: tuple[str, str, str, str]) -> list[CatalogueChannel]:
    return [CatalogueChannel(network, placement, name, shown, code, hint) for placement, shown, code, hint in places]


CATALOGUE: list[CatalogueChannel] = [
    *_network(
        "instagram",
        "Instagram",
        ("bio", "Bio", "ig-bio", "Edit profile, Links. The one place where a link stays; name it in posts"),
        ("story", "Story", "ig-story", "Link sticker. A story lives 24 hours: keep it as a highlight"),
        ("post", "Post", "ig-post", "Captions have no links that can be tapped: for text on the picture, or point to the bio"),
        ("ad", "Ad", "ig-ad", "Ads Manager, Website URL. One link per ad shows which ad works"),
        ("dm", "Direct message", "ig-dm", "Paste it into the chat. New contacts see it under Message requests"),
    ),
    *_network(
        "facebook",
        "Facebook",
        ("bio", "Page intro", "fb-bio", "Edit page, Contact info, Website"),
        ("story", "Story", "fb-story", "Link sticker. A story lives 24 hours"),
        ("post", "Job post", "fb-post", "Paste it into the post; the card appears, then the text of the link may go"),
        ("apply", "Apply button", "fb-apply", "Page, Edit action button, Apply now: paste the link there"),
        ("ad", "Ad", "fb-ad", "Ads Manager, Website URL. One link per ad shows which ad works"),
        ("dm", "Direct message", "fb-dm", "Messenger: paste it into the chat, or into the automatic greeting"),
    ),
    *_network(
        "linkedin",
        "LinkedIn",
        ("post", "Post", "li-post", "In the post or its first comment. LinkedIn wraps links and warns before it leaves"),
        ("profile", "Profile", "li-profile", "Contact info or Featured, on your own page or the company's"),
        ("ad", "Ad", "li-ad", "Campaign Manager, Destination URL"),
        ("message", "Message", "li-msg", "Paste it into the chat or InMail; write a line of your own above it"),
    ),
    *_network(
        "tiktok",
        "TikTok",
        ("bio", "Bio", "tt-bio", "Edit profile, Website. Business accounts, or from 1,000 followers on"),
        ("ad", "Ad", "tt-ad", "TikTok Ads Manager, Destination page. Videos and comments have no links that can be tapped"),
    ),
    *_network(
        "whatsapp",
        "WhatsApp",
        ("message", "Message", "wa-msg", "Wait for the card to appear before you send it"),
        ("status", "Status", "wa-status", "A status lives 24 hours; only saved contacts see it"),
        ("group", "Group", "wa-group", "Paste it into the chat and pin the message"),
    ),
    *_network(
        "x",
        "X",
        ("post", "Post", "x-post", "At the end of the post; every link counts 23 characters"),
        ("bio", "Bio", "x-bio", "Edit profile, Website"),
        ("dm", "Direct message", "x-dm", "Paste it into the chat. Not everybody can be written to"),
    ),
    *_network(
        "youtube",
        "YouTube",
        ("description", "Video description", "yt-video", "In the first two lines: the rest is folded away. Not in Shorts"),
        ("bio", "Channel profile", "yt-bio", "YouTube Studio, Customisation, Links"),
    ),
    *_network(
        "boards",
        "Job boards",
        ("indeed", "Indeed", "indeed", "Apply on company website: paste the link as the application address"),
        ("stepstone", "StepStone", "stepstone", "External application address of the advert"),
        ("monster", "Monster", "monster", "Apply online, external address"),
        ("glassdoor", "Glassdoor", "glassdoor", "External application address; adverts come in through Indeed"),
        ("totaljobs", "Totaljobs", "totaljobs", "Redirect applications to: paste the link there"),
        (
            "craigslist",
            "Craigslist",
            "craigslist",
            "In the text of the posting; it is not clickable everywhere, so keep it short",
        ),
        ("other", "Another job board", "board", "One link for each board shows which of them pays"),
    ),
    *_network(
        "email",
        "Email",
        ("newsletter", "Newsletter", "em-news", "Behind a button. Switch off click tracking, or it is counted twice"),
        ("signature", "Signature", "em-sign", "Under every email of the team; say what is behind it"),
        (
            "invite",
            "Invitation",
            "em-invite",
            "For a list of people. To invite one person, use Add candidates: that link is theirs alone",
        ),
    ),
    *_network("sms", "Text message", ("text", "Text", "sms", "Write the company's name first; people don't tap a bare link")),
    *_network(
        "qr",
        "Print",
        ("poster", "Poster", "qr-poster", "As a code of at least 2.5 cm; print the short link below it"),
        ("flyer", "Flyer", "qr-flyer", "One link for each print run shows where it was handed out"),
        ("stand", "Stand", "qr-stand", "At a fair or at the door: make the code as large as a hand"),
    ),
    *_network("referral", "Referral", ("employees", "Employees", "ref", "For colleagues to pass on to people they know")),
    *_network("careers", "Careers page", ("page", "Job page", "careers", "Behind the Apply button of your own website")),
    *_network("ats", "ATS", ("email", "Email template", "ats", "In the template that your applicant system sends out")),
]
BY_KEY = {channel.key: channel for channel in CATALOGUE}
