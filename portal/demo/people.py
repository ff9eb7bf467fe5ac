"""The people of the demo. All are made up; addresses and numbers are from ranges that belong to nobody."""

from portal.demo.dice import Dice

FIRST_NAMES = """
Aaliyah Aaron Abdul Abigail Adaeze Adam Agnieszka Aisha Alan Aleksandra Alfie Alice Amara Amelia Amir Ana Andrei Angela Anika
Anthony Arjun Asha Ava Ayodele Beatriz Ben Beth Bilal Bogdan Brendan Bronwen Callum Carlos Catherine Charlotte Chidi Chloe
Ciara Claire Conor Costel Daniel Daria Deepa Demi Dev Diego Dylan Ebony Eilidh Ela Elena Eleri Ellie Emeka Emily Emma Erin
Esther Ethan Faith Farah Fatima Femi Finlay Fiona Francesca Gabriel Gareth Georgia Grace Gwen Hamza Hannah Harpreet Harry
Hassan Heather Ibrahim Imogen Ines Ioana Iona Isaac Isla Ivan Jack Jacob Jade Jamal James Jasmin Jaya Jodie Joe Jordan Joy
Kamil Karen Karolina Kate Keira Kofi Krishna Kwame Layla Leah Lena Lewis Liam Libby Lily Louise Lucy Luke Magda Maisie Marcus
Maria Mariam Mateusz Megan Mei Michael Mihai Milo Mina Mohammed Molly Monika Nadia Naomi Natalia Nathan Neha Niamh Nicole Noah
Nora Obinna Oksana Olivia Omar Oscar Owen Patience Patrick Paula Peter Petra Piotr Pooja Priya Rachel Rahul Rebecca Reece
Rhian Rhys Robert Rosa Ruby Ruth Sadia Sam Samira Sanjay Sara Sean Selina Shanice Sian Simon Sofia Sophie Stefan Stella Sunita
Tamsin Tara Temi Thomas Tiago Tomasz Tunde Uzma Valentina Victoria Wei Will Yasmin Yusuf Zainab Zara Zoe Zuzanna
"""
LAST_NAMES = """
Abbott Abdi Adeyemi Afolabi Ahmed Ali Allen Amin Anderson Armstrong Ashworth Atkinson Bailey Balogun Banerjee Barker Barnes
Begum Bell Bennett Bhatt Boateng Booth Bradley Brook Brown Burke Butt Byrne Campbell Carr Chan Chaudhry Chowdhury Clarke
Coleman Cooper Costa Cox Craig Cruz Cunningham Davies Dawson Dean Delgado Desai Dixon Dogan Doyle Duarte Duffy Eze Farrell
Fernandes Ferreira Fletcher Foster Fraser Garcia Georgiou Gill Goncalves Gordon Grabowski Graham Grant Green Griffiths Gupta
Hall Hamilton Harris Hart Hassan Hayes Higgins Holmes Hossain Howard Hughes Hussain Ibrahim Ionescu Iqbal Jackson Jenkins
Johnson Jones Joshi Kaminski Kaur Kelly Kendall Khan Kovacs Kowalska Kumar Lambert Lawson Lee Lewis Lin Lloyd Lopez Mackenzie
Mahmood Malik Marsh Martin Mason Mbeki McCarthy McKenna Mehta Mensah Mitchell Moore Moran Morris Murphy Mwangi Naylor Ncube
Newton Nguyen Novak Nowak Nwosu Obi Okafor Okonkwo Oliver Omondi Osei Owusu Parmar Patel Pearce Pereira Perry Petrov Phillips
Popescu Powell Price Quinn Rahman Reid Reilly Richards Roberts Robinson Rodrigues Rossi Ryan Santos Saunders Shah Sharma Shaw
Silva Simmons Singh Sithole Smith Stone Sutton Szabo Taylor Thapa Thomas Tran Turner Varga Walsh Ward Watson White Williams
Wilson Wong Wood Wright Yeboah Yilmaz Young Zielinska
"""
FIRST, LAST = FIRST_NAMES.split(), LAST_NAMES.split()


class People:
    """Gives one new person at a time."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[str] = set()
        self._phones = 0

    def meet(self) -> tuple[str, str]:
        """The full name and email of somebody not met before."""
        while True:
            first, last = self._dice.one_of(FIRST), self._dice.one_of(LAST)
            email = f"{first}.{last}@example.com".lower()
            if email not in self._taken:
                self._taken.add(email)
                return f"{first} {last}", email

    def phone(self) -> str | None:
        """A mobile number out of those that Ofcom keeps free for films, 07700 900000 to 900999; None once all are given."""
        if self._phones == 1000:
            return None
        # 617 and 1000 share no factor, so this visits each once, in no visible order.
        number = self._phones * 617 % 1000
        self._phones += 1
        return f"+447700900{number:03}"
