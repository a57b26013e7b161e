"""Samples a second of a training step in PyTorch: 1984-1024-512-7, ReLU, batches of 256, AdamW.

Prints one number. Usage: step_pytorch.py THREADS
"""
import sys
import time

import torch

torch.manual_seed(1)
torch.set_num_threads(int(sys.argv[1]))
network = torch.nn.Sequential(
    torch.nn.Linear(1984, 1024), torch.nn.ReLU(),
    torch.nn.Linear(1024, 512), torch.nn.ReLU(),
    torch.nn.Linear(512, 7))
optimizer = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.05)
cost = torch.nn.CrossEntropyLoss()
inputs, labels = torch.rand(256, 1984), torch.randint(0, 7, (256,))


def step():
    optimizer.zero_grad()
    cost(network(inputs), labels).backward()
    optimizer.step()


for _ in range(5):
    step()
started = time.perf_counter()
for _ in range(30):
    step()
print(30 * 256 / (time.perf_counter() - started))
