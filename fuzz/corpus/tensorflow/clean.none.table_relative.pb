
1
fConst*
valueBB	vocab.txt*
dtype0
(
tInitializeTableFromTextFileV2hf"Ê