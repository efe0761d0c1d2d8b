"""What `chatd admin` asks for: acts of moderation, lists, and a person's right to its data.

`answers` has the table. A request becomes an `Answering`: a function that gives the next part of the answer,
now or later, whenever it is called. So a long answer is made as fast as it is taken, and nothing here waits.
"""
