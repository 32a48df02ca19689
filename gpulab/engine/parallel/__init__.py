"""Training in several processes at once, each on its share of every batch.

The worker of the run becomes the *agent* (`agent`): torch's elastic launcher in it starts one process a *rank* (`rank`)
and starts none again. The agent's pid is the worker's for everybody outside. Rank 0 *leads*: it holds the folder's
lock, reads orders, writes documents and checkpoints, looks at the model and judges it. The others follow: between two
steps, and wherever the leader does something alone, they wait in `Team.agree` to be told what was decided, so that all
stop, save and end at the same step. How a rank ended it leaves in a file (`messages`); the agent reads those when all
are gone and writes the record's last line.

The ranks are the same training as one process up to the order of summation: the global batch is drawn and cut, the
gradients are averaged. Two things are not: BatchNorm averages over a rank's share of the batch, and dropout draws from
a stream of each rank's own.
"""
