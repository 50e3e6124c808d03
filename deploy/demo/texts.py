"""What the demonstration's subscribers and the bot write. Everything here is made up."""

ORDINARY = [
    ("Key of the boat shed", "The key hangs behind the barometer again. Please put it back there when you are done on Saturday."),
    ("Thursday's choir", "We meet half an hour earlier, the church needs the hall at nine. Bring the Haydn, leave the rest."),
    ("Plums", "The tree bent over in the wind and we have eleven kilos of plums. Shall I bring you a basket tomorrow?"),
    ("Minutes of the lock committee", "Three points: the lower gate leaks, the painter comes in May, and nobody has the spare crank."),
    ("Re: Grandfather's clock", "It strikes thirteen now. The clockmaker says this is rare but not dangerous, and wants to keep it a week."),
    ("Train on Friday", "I arrive at 17:42, coach seven. If the ferry is late I will walk, it is not far and I like the view."),
    ("Recipe you asked for", "Half rye, half wheat, a spoon of honey, and patience. The rest is in the photograph my sister sent you."),
    ("Bicycle found", "It stood by the post office all the time, with a bag of mussels on the handlebar. Nobody knows whose they are."),
    ("Re: Offer for the stairs", "Oak would be four hundred more than ash. Both last longer than we do. Tell me by Monday, then I order the wood."),
    ("Appointment moved", "Dr. Winter has to operate in the morning. Could you come at three instead of ten? The blood test stays as it is."),
    ("Bread for the wedding", "Sixty small ones and four big ones, delivered before noon. We bake at two in the night, so changes by Thursday please."),
    ("Lost glove", "Left hand, grey, with a mended thumb. It matters because of who mended it."),
    ("Re: Tide tables", "You were right, I had read the wrong harbour. We had to wait on the sandbank until four and ate all the cake."),
    ("School play", "She is the third wave from the left. Seven o'clock, and the doors really close this time."),
    ("Invoice 2118, window frames", "Thank you for the order. The frames are finished; payment within thirty days is fine, as always."),
    ("Photographs of the dunes", "I put the twelve best ones on the shelf of the library, under B. The thirteenth is for you."),
]

# The first half is what the rules in deploy/config/rules.toml know, the second half is not: no file of rules knows
# everything, and the bot is to be noticed all the same.
SPAM = [
    ("300 free spins for you", "An exclusive casino bonus waits, no deposit needed: http://spin-palace.example/ only tonight."),
    ("Problem with your coins", "A transfer was stopped. Verify your crypto wallet now: http://coin-desk.example/v or lose access."),
    ("Wallet recovery", "To keep your coins, confirm your 12-word recovery phrase here: http://coin-keeper.example/seed"),
    ("Winners' hall", "Come back and collect an exclusive casino bonus of 500: http://big-wheel.example/back"),
    ("A little question about your parcel", "Your delivery could not be completed. Look at the papers here: http://parcel-hold.example/3f"),
    ("Re: our talk", "Hello dear, I saw your profile and would like to know you. My pictures: http://pictures-of-me.example/p"),
    ("Document shared with you", "A colleague has shared a document. Open it with your mail password: http://share-view.example/doc"),
    ("Cheap tablets", "No doctor, no questions, discreet delivery in plain boxes: http://pill-store.example/ this week only."),
]

# Where ordinary mail goes. Names beginning with nobody- do not exist (deploy/postfix/mailboxes).
FRIENDS = ["paul@isle.example", "marta@isle.example", "theo@lighthouse.example", "ines@vineyard.example", "jonas@ropery.example",
           "orders@mill.example", "ward@hospital.example", "lena@school.example", "captain@ferry.example", "uncle@orchard.example"]
MISTYPED = "nobody-called-pual@isle.example"
STRANGERS = ["inbox.example", "letters.example", "webmail.example", "postbox.example", "mailhome.example"]
