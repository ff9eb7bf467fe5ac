"""The passwords that everybody tries first, for `passwords`.

Only what has ten characters or more stands here: shorter ones are refused anyway.
"""

WHOLE = frozenset(
    # A list of quoted words would be three times as long.
    """
    0000000000 1111111111 2222222222 3333333333 5555555555 6666666666 7777777777 8888888888 9999999999
    0123456789 1234567890 12345678910 123456789a 123456789q 1234512345 1231231231 1212121212 1010101010 9876543210 0987654321
    1029384756 1123581321 3141592653 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv
    qazwsxedc123 qwertyuiop qwertyuiop[] qwerty12345 qwerty123456 qwertyqwerty qwerasdfzxcv 1234qwerasdf asdfghjkl1 asdfghjkl;
    asdfasdfasdf zxcvbnm123 zxcvbnmasd qwertzuiop azertyuiop aaaaaaaaaa abcdefghij abcdefghijk abcd123456 abcde12345 a123456789
    a1b2c3d4e5 abc1234567 aa12345678 zaq12wsxcde3 poiuytrewq mnbvcxzlkj google1234 passwordpassword passpasspass
    correcthorsebatterystaple
    """.split()  # noqa: SIM905
)

WORDS = frozenset(
    """
    password passwords passwort passw motdepasse contrasena wachtwoord senha parola mypassword thepassword newpassword
    welcome welcomeback changeme changemenow letmein letmeinnow secret topsecret default guest temporary temp test tester testing
    testtest admin administrator adminadmin root superuser supervisor manager user username login signin access master
    qwerty qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qwertyui iloveyou iloveu ilovemylife lovelove loveyou
    babygirl princess sunshine football baseball basketball superman batman spiderman starwars pokemon dragon monkey shadow
    michael jordan jennifer charlie liverpool chelsea arsenal barcelona manchester rangers cowboys steelers yankees
    summer autumn winter spring january february march april monday friday holiday christmas
    whatever trustno computer internet samsung google facebook instagram linkedin microsoft windows hello hellohello freedom
    chocolate butterfly elephant flower cheese banana orange pepper cookie ginger killer hunter ferrari mercedes
    company office business recruiter recruiting recruitment hiring interview interviews candidate candidates portal portalportal
    """.split()  # noqa: SIM905
)
"""What is refused also with figures and signs around it (`Welcome2026!`), or in them (`P@ssw0rd123`)."""
